/**
 * Packages for npm: what `deno pack` wrote, with what it leaves out. Its manifests name neither the packages
 * of this workspace nor the runtimes that they need nor a program to run, its declarations put comments where
 * TypeScript reads them as members, and it takes along what is no use there.
 *
 * @module
 */

import { gunzipSync, gzipSync } from "node:zlib";
import type { About } from "./about.ts";
import { concat } from "../../lib/bytes.ts";
import { paddingOf } from "../../lib/archive/tar/tar_layout.ts";
import { TarReader } from "../../lib/archive/tar/tar_reader.ts";
import { MAX_HEADER_BYTES, writeHeader } from "../../lib/archive/tar/write_header.ts";

/** Files of a package by their path in it. All are text. */
export type Files = Map<string, string>;

/** What a manifest says of a package, whatever is in it. */
export interface ManifestFacts {
  /** The oldest version of each runtime that it runs in. */
  engines: Record<string, string>;
  /** What is said of it. */
  about: Pick<About, "description" | "keywords">;
  /** The repository of its sources, as a page of the web, and its folder there: empty for the root. */
  source: { url: string; folder: string };
}

/** What is known of a package beside what `deno pack` wrote. */
export interface PackageFacts extends ManifestFacts {
  /** Names and `npm:` specifiers with exact versions, as its `deno.json` has them. */
  imports: Record<string, string>;
  /** The version of each package of this workspace, by name. */
  workspace: Record<string, string>;
  /** Modules that do something when they are loaded, as bundlers want to know; none when it is left out. */
  sideEffects?: string[] | undefined;
  /** Files to add where the package has none of that name. */
  further: Files;
}

/** Files that a package on npm has a use for. */
const KEPT = /\.js$|\.d\.ts$|^README\.md$|^LICENSE$|^package\.json$/;

/**
 * The package as it is published.
 *
 * @param files what `deno pack` wrote
 * @throws when something is in it that could not work
 */
export function mendPackage(files: Files, facts: PackageFacts): Files {
  const mended: Files = new Map();
  for (const [path, text] of [...facts.further, ...files]) {
    if (path.endsWith(".ts") && !path.endsWith(".d.ts")) {
      throw new Error(`${path} is reached by no export: it would be packed as it is`);
    }
    if (!KEPT.test(path) || path === "package.json") continue;
    if (/sourceMappingURL|file:\/\/\/./.test(text) && path.endsWith(".js")) {
      throw new Error(`${path} names the directory that it was packed in`);
    }
    if (path.endsWith(".d.ts") && /: any\b/.test(withoutComments(text))) {
      throw new Error(`${path} has "any" for a type that the sources leave open`);
    }
    mended.set(path, path.endsWith(".d.ts") ? mendDeclarations(text) : text);
  }
  const manifest = JSON.parse(files.get("package.json") ?? "{}") as Manifest;
  for (const module of facts.sideEffects ?? []) {
    if (!mended.has(module.replace(/^\.\//, ""))) {
      throw new Error(`${module} is not in the package`);
    }
  }
  mended.set("package.json", manifestText(mendManifest(manifest, mended, facts)));
  return mended;
}

/** What a manifest calls a package. */
export interface PackageName {
  name: string;
  version: string;
  license: string;
}

interface Manifest extends PackageName {
  main: string;
  types: string;
  exports: Record<string, unknown>;
}

function mendManifest(manifest: Manifest, files: Files, facts: PackageFacts): object {
  const { main, types, exports } = manifest;
  return {
    ...manifestOf(manifest, facts),
    sideEffects: facts.sideEffects ?? false,
    main,
    types,
    exports: { ...exports, "./package.json": "./package.json" },
    dependencies: dependenciesOf(manifest.name, files, facts),
  };
}

/** A manifest as it stands in its package. */
export function manifestText(manifest: object): string {
  return JSON.stringify(manifest, null, 2) + "\n";
}

/** What stands in the manifest of every package. */
export function manifestOf({ name, version, license }: PackageName, facts: ManifestFacts): object {
  const { url, folder } = facts.source;
  return {
    name,
    version,
    description: facts.about.description,
    keywords: facts.about.keywords,
    license,
    homepage: `${url}#readme`,
    bugs: `${url}/issues`,
    // npm compares it with where the workflow runs that states the provenance.
    repository: {
      type: "git",
      url: `git+${url}.git`,
      ...(folder !== "" && { directory: folder }),
    },
    publishConfig: { access: "public", provenance: true },
    type: "module",
    engines: Object.fromEntries(
      Object.entries(facts.engines).map(([runtime, oldest]) => [runtime, `>=${oldest}`]),
    ),
  };
}

/** Each package that the files import, in the version that it was tested with. */
function dependenciesOf(own: string, files: Files, { imports, workspace }: PackageFacts): object {
  const versions = { ...workspace };
  for (const specifier of Object.values(imports)) {
    const [, name, version] = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)@([^/]+)\/?$/.exec(specifier) ?? [];
    if (name === undefined) throw new Error(`"${specifier}" is no package with an exact version`);
    versions[name] = version!;
  }
  const code = [...files].filter(([path]) => /\.(js|ts)$/.test(path));
  const used = new Set(code.flatMap(([, text]) => importedPackages(text)));
  used.delete(own);
  return Object.fromEntries(
    [...used].sort().map((name) => {
      if (versions[name] === undefined) throw new Error(`"${name}" is imported and not declared`);
      return [name, versions[name]];
    }),
  );
}

/** The packages that a module or its declarations import by name. */
export function importedPackages(text: string): string[] {
  const code = withoutComments(text);
  const form = /\b(?:from|import)\s*\(?\s*"((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^"\n]*)?"/g;
  return [...code.matchAll(form)].map(([, name]) => name!);
}

function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (found) => found.startsWith("/") ? "" : found);
}

/**
 * Puts each documentation comment on lines of its own, before what it documents. Behind `readonly`, where
 * `deno pack` puts those of `as const` objects, one of several lines ends the member.
 */
export function mendDeclarations(text: string): string {
  return text.replace(
    /^([ \t]*)(readonly )?(\/\*\*(?:[^*]|\*(?!\/))*\*\/) (?=\S)/gm,
    (_, indent, readonly = "", comment) => `${indent}${comment}\n${indent}${readonly}`,
  );
}

/** Reads a tarball of npm: everything in it is below `package/`. */
export function readTarball(bytes: Uint8Array): Files {
  const files: Files = new Map();
  let path: string | undefined;
  let parts: Uint8Array[] = [];
  const reader = new TarReader({
    entry: (entry) => {
      path = entry.path.replace(/^package\//, "");
      parts = [];
    },
    data: (part) => void parts.push(part.slice()),
    fileEnd: () => void files.set(path!, new TextDecoder().decode(concat(...parts))),
  });
  reader.write(gunzipSync(bytes));
  reader.end();
  return files;
}

/** What npm gives every file, so that a tarball does not depend on when it was made: 1985-10-26. */
const MTIME = 499_162_500;

/** Writes a tarball of npm: the same bytes for the same files. */
export function writeTarball(files: Files): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const header = new Uint8Array(MAX_HEADER_BYTES);
  for (const path of [...files.keys()].sort()) {
    const content = new TextEncoder().encode(files.get(path));
    const executable = files.get(path)!.startsWith("#!");
    const entry = {
      path: `package/${path}`,
      type: "file" as const,
      size: content.length,
      mode: executable ? 0o755 : 0o644,
      mtime: MTIME,
    };
    parts.push(header.slice(0, writeHeader(entry, header, 0)), content);
    parts.push(new Uint8Array(paddingOf(content.length)));
  }
  parts.push(new Uint8Array(1024));
  return new Uint8Array(gzipSync(concat(...parts), { level: 9 }));
}
