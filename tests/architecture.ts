/**
 * Reads the sources and names what breaks the rules of `docs/architecture.md`. A rule that is changed there
 * is changed here.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { inRoot } from "../tasks/run.ts";
import { circlesIn } from "./circles.ts";

/** A file of the project, by its path from the root. */
export interface SourceFile {
  path: string;
  text: string;
}

const FOLDERS = ["lib", "sigstore", "cli", "tasks", "tests", "bench", "examples"];
const MAX_LINES = 400;
/** Types whose values only one file makes, so that having one says something. */
export const MADE_IN: Record<string, string> = {
  RegistryName: "lib/reference.ts",
  RepositoryPath: "lib/reference.ts",
  RepositoryName: "lib/reference.ts",
  VerifiedDigest: "lib/verbs/resolve.ts",
  VerifiedDescriptor: "lib/verbs/resolve.ts",
  AcceptedVerdict: "lib/doors/verdict.ts",
};
/** Files of the core that may know which runtime this is. */
const KNOW_DENO = ["lib/system/runtime.ts", "lib/system/disk.ts"];

/** The one file that may ask which operating system this is, and the one that asks the runtime for it. */
const KNOWS_SYSTEM = "lib/system/platform.ts";
const ASKS_RUNTIME = "lib/system/runtime.ts";
/** What asks for the system past that file: the runtimes' own names for it, and systems by name. */
const ASKS_SYSTEM = [
  /\bprocess\??\.platform\b|\bnodeModule\("process"\)\.platform\b/,
  /\bDeno\.(build\.os|osRelease)\b|\.build\.os\b/,
  /["'`](win32|windows|darwin|macos)["'`]/i,
  /\bimport (?:\{[^}]*\bplatform\b[^}]*\}|\w+) from "node:os"/,
];

/** The file of the command line that may know it; its unit tests may too, which run under Deno alone. */
const CLI_KNOWS_DENO = "cli/machine.ts";

/** Files of the command line that may write to a stream of the process; the second when nothing can be loaded. */
const OWN_STREAMS = ["cli/terminal/output.ts", "cli/main.ts", "cli/machine.ts"];

/** How many source files a folder may hold, and how many others of the project a file may import. */
const MAX_FILES = 20;
const MAX_IMPORTS = 16;

/**
 * The layers of `lib/` from the ground up: files of its root by their names, folders with everything below
 * them. A file may import its own part and every layer above it here, never a neighbour in its layer.
 */
export const LAYERS: string[][] = [
  [
    "errors",
    "caller_errors",
    "verb_call",
    "limits",
    "options",
    "results",
    "looking",
    "looking_limits",
    "types",
    "events",
    "version",
    "digest",
    "bytes",
    "json",
    "media_type",
    "checked_content",
    "reference",
    "store",
    "signing",
    "text/",
    "system/",
  ],
  ["artifact/", "doors/"],
  ["registry/", "archive/", "signatures/"],
  ["stores/", "threads/", "testing/"],
  ["verbs/"],
  ["calls/"],
  ["client"],
];
/** Layers of `lib/` whose parts may import each other: the ground. */
const OPEN_LAYERS = [0];

/** The layers of the other packages, told in the same way. */
export const SIGSTORE_LAYERS: string[][] = [
  ["encoding/"],
  ["service"],
  ["keys/"],
  ["trust/", "tokens/"],
  ["verify/"],
  ["claims/"],
  ["sign/"],
  ["verify"],
  ["mod"],
];
export const CLI_LAYERS: string[][] = [
  ["home", "build", "machine"],
  ["settings/", "command_table/"],
  ["line/"],
  ["rules/"],
  ["config/"],
  ["plan/"],
  ["terminal/"],
  ["context"],
  ["library/", "help/"],
  ["trust/"],
  ["signing/"],
  ["upgrade/"],
  ["completion/"],
  ["commands/", "reference/"],
  ["execute"],
  ["run"],
  ["main"],
];

/** The parts of the archive, and what each may import of the others. */
const ARCHIVE: Record<string, string[]> = {
  "": [],
  "deflate": [""],
  "compression": ["", "deflate"],
  "tar": [""],
  "table": ["", "compression", "tar"],
  "tree": ["", "table"],
  "read": ["", "compression", "tar", "table", "tree"],
  "input": ["", "compression", "tar"],
  "pack": ["", "compression", "tar", "table", "input"],
  "destination": ["", "tree"],
  "unpack": ["", "compression", "tar", "table", "tree", "read", "destination"],
  "estargz": ["", "compression", "table", "read", "input", "pack"],
  "select": ["", "tar", "table", "tree", "read", "destination", "unpack"],
};

/** All TypeScript files of the project. */
export function sourceFiles(): SourceFile[] {
  const top = ["mod.ts", "cli.ts"];
  const found = FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
    } catch {
      return [];
    }
  }).filter((path) => path.endsWith(".ts") && !path.startsWith("tests/architecture"));
  return [...top, ...found].map((path) => ({ path, text: readFileSync(inRoot(path), "utf8") }));
}

/** What is wrong with one file, one sentence each. */
export function breaches(file: SourceFile): string[] {
  const found: string[] = [];
  const { path, text } = file;
  const code = withoutComments(text);
  const isTest = path.endsWith("_test.ts");
  const folder = path.split("/")[0];
  const portable = folder === "lib" || folder === "sigstore" || path === "mod.ts";

  const lines = text.split("\n").length;
  if (lines > MAX_LINES) found.push(`${path} has ${lines} lines, ${MAX_LINES} are allowed`);
  if (/["'`](\/home\/|\/root\/|\/work\/|\/Users\/|[A-Z]:\\\\Users)/.test(code)) {
    found.push(`${path} holds a path of one machine`);
  }
  if (/\b(TODO|FIXME|XXX)\b/.test(text)) found.push(`${path} says that something is left open`);

  if (portable && !KNOW_DENO.includes(path)) {
    if (/\bDeno\b\s*[.?[]|globalThis\.Deno\b/.test(code)) {
      found.push(`${path} uses Deno, which only ${KNOW_DENO.join(" and ")} may`);
    }
  }
  const ships = portable || folder === "cli";
  if (ships && !isTest && path !== KNOWS_SYSTEM && path !== ASKS_RUNTIME) {
    if (ASKS_SYSTEM.some((form) => form.test(code))) {
      found.push(`${path} asks which system this is, which only ${KNOWS_SYSTEM} may`);
    }
    if (/\bactAs\b/.test(code)) found.push(`${path} acts as another system, which is for tests`);
  }
  if (folder === "cli" && !isTest && path !== CLI_KNOWS_DENO) {
    if (/\bDeno\b\s*[.?[]|globalThis\.Deno\b/.test(code)) {
      found.push(`${path} uses Deno, which only ${CLI_KNOWS_DENO} may`);
    }
    if (/(?<![.\w])process\s*\./.test(code) && !path.startsWith("cli/reference/")) {
      found.push(`${path} uses process, which only ${CLI_KNOWS_DENO} may`);
    }
  }
  for (const [type, place] of Object.entries(MADE_IN)) {
    if (isTest || folder === "tests" || path === place) continue;
    if (new RegExp(`\\bas (?:unknown as )?${type}\\b`).test(code)) {
      found.push(`${path} makes a ${type}, which only ${place} may`);
    }
  }
  if (portable && /\busing \w+ =/.test(code)) {
    found.push(`${path} uses a "using" declaration, which Node 22 cannot parse`);
  }
  if (portable && !isTest) {
    if (/\bBuffer\s*\./.test(code) && !/from "node:buffer"/.test(code)) {
      found.push(`${path} uses Buffer without importing it`);
    }
    const usesProcess = /(?<![.\w])process\s*\./.test(code) && path !== "lib/system/runtime.ts";
    if (usesProcess && !/from "node:process"|nodeModule\("process"\)/.test(code)) {
      found.push(`${path} uses process without importing it`);
    }
    // What a controller of the file's own was stopped with is an error already.
    if (/\bthrowIfAborted\b|(?<!\b(?:stop|idle)\.)\bsignal[!?]?\.reason\b/.test(code)) {
      found.push(`${path} throws what a signal holds, expected checkAborted() or interruption()`);
    }
    if (/\bconsole\s*\./.test(code)) found.push(`${path} prints, which only cli/ may`);
  }
  if (folder === "cli" && !isTest && /\bawait import\(\s*"(?!\.|@blobber\/|node:)/.test(code)) {
    found.push(
      `${path} loads a package late by its name: in a bundle its names are missing. ` +
        "Import it as ever, in a file that is loaded late",
    );
  }
  if (folder === "cli" && !isTest && !OWN_STREAMS.includes(path)) {
    if (
      /\b(Deno|process)\.(stdout|stderr)\.(write|writable)|\bstd(out|err)\.write(Sync)?\(/.test(
        code,
      )
    ) {
      found.push(`${path} writes past the one owner of stdout and stderr, ${OWN_STREAMS[0]}`);
    }
  }
  if (!isTest) {
    for (const imported of importsOf(code)) {
      const reason = forbidden(path, imported);
      if (reason) found.push(`${path} imports ${reason}`);
    }
  }
  return found;
}

/** The packages, by the folder that each is in. */
export type Package = "lib" | "sigstore" | "cli";

/** What the parts at the bottom of the core are together, in a picture. */
export const GROUND = "ground";

/** An arrow of a picture: a part, and one that it imports. */
export type Arrow = [from: string, to: string];

/** Which part of a package imports which other, sorted: folders as `verbs/`, files as `client`. */
export function partArrows(files: SourceFile[], folder: Package): Arrow[] {
  const layers = { lib: LAYERS, sigstore: SIGSTORE_LAYERS, cli: CLI_LAYERS }[folder];
  const nameOf = (path: string) => {
    const part = partOf(path);
    return folder === "lib" && LAYERS[0]!.includes(part) ? GROUND : part;
  };
  const depth = (name: string) => layers.findIndex((parts) => parts.includes(name));
  const inside = files.filter(({ path }) => isSource(path) && path.startsWith(`${folder}/`));
  const arrows = inside.flatMap((file) =>
    [...targetsOf(file)].filter((target) => target.startsWith(`${folder}/`))
      .map((target): Arrow => [nameOf(file.path), nameOf(target)])
  );
  return distinct(arrows.filter(([from, to]) => from !== to)).sort(([a, b], [c, d]) =>
    depth(c) - depth(a) || compare(a, c) || depth(d) - depth(b) || compare(b, d)
  );
}

/** Which package imports which other, sorted. */
export function packageArrows(files: SourceFile[]): Arrow[] {
  const nameOf = (path: string) => path === "mod.ts" ? "lib" : path.split("/")[0]!;
  const inside = files.filter(({ path }) => isSource(path) && path.includes("/"));
  const arrows = inside.flatMap((file) =>
    [...targetsOf(file)].map((target): Arrow => [nameOf(file.path), nameOf(target)])
  );
  return distinct(arrows.filter(([from, to]) => from !== to))
    .sort(([a, b], [c, d]) => compare(a, c) || compare(b, d));
}

function distinct(arrows: Arrow[]): Arrow[] {
  return [...new Map(arrows.map((arrow) => [arrow.join(">"), arrow])).values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is wrong with the structure of all files together, one sentence each. */
export function structuralBreaches(files: SourceFile[]): string[] {
  const sources = files.filter(({ path }) => isSource(path));
  const found: string[] = [];
  const perFolder = new Map<string, number>();
  for (const { path } of sources) {
    const folder = posix.dirname(path);
    perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of perFolder) {
    if (count > MAX_FILES) found.push(`${folder}/ has ${count} files, ${MAX_FILES} are allowed`);
  }
  const imports = new Map(sources.map((file) => [file.path, targetsOf(file)]));
  for (const { path, text } of sources) {
    const count = imports.get(path)!.size;
    if (count > MAX_IMPORTS && !onlyReexports(text)) {
      found.push(`${path} imports ${count} files, ${MAX_IMPORTS} are allowed`);
    }
  }
  for (const circle of circlesIn(imports)) {
    found.push(`${circle.join(" -> ")} is a circle of files`);
  }
  for (const circle of circlesIn(betweenParts(imports))) {
    found.push(`${circle.join(" -> ")} is a circle of folders`);
  }
  return found;
}

function isSource(path: string): boolean {
  return !path.endsWith("_test.ts") && /^(lib|sigstore|cli)\/|^[^/]+$/.test(path);
}

/** What a file imports of the project, by path: also types, also what is loaded late. */
function targetsOf({ path, text }: SourceFile): Set<string> {
  const targets = new Set<string>();
  for (const { specifier } of importsOf(withoutComments(text))) {
    const target = specifier.startsWith(".")
      ? posix.join(posix.dirname(path), specifier)
      : EXPORTS[specifier];
    if (target !== undefined) targets.add(target);
  }
  return targets;
}

/** Files behind the names that packages of this workspace export. */
const EXPORTS: Record<string, string> = Object.fromEntries(
  ["", "sigstore/", "cli/"].flatMap((folder) => {
    const config = JSON.parse(readFileSync(inRoot(`${folder}deno.json`), "utf8")) as {
      name: string;
      exports: Record<string, string>;
    };
    return Object.entries(config.exports).map(([name, file]) => [
      posix.join(config.name, name),
      posix.join(folder, file),
    ]);
  }),
);

function onlyReexports(text: string): boolean {
  const rest = withoutComments(text).replace(/\bexport\b[^;]*?\bfrom\s*"[^"]+";/g, "");
  return rest.trim() === "";
}

/** Folders instead of their files; files at the root of a package stand for themselves. */
function betweenParts(imports: Map<string, Set<string>>): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>();
  for (const [path, targets] of imports) {
    const part = folderPart(path);
    const known = parts.get(part) ?? new Set();
    parts.set(part, known);
    for (const target of targets) if (folderPart(target) !== part) known.add(folderPart(target));
  }
  return parts;
}

function folderPart(path: string): string {
  const folder = posix.dirname(path);
  return folder.includes("/") || !["lib", "sigstore", "cli", "."].includes(folder) ? folder : path;
}

interface Import {
  specifier: string;
  typeOnly: boolean;
}

function importsOf(code: string): Import[] {
  const found: Import[] = [];
  const form = /\b(import|export)\s+(type\s)?[^;"'()]*?\bfrom\s*["']([^"']+)["']/g;
  for (const [, , type, specifier] of code.matchAll(form)) {
    found.push({ specifier: specifier!, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/\bimport\s*\(?\s*["']([^"']+)["']/g)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  return found;
}

/** Why an import is not allowed, or nothing. */
function forbidden(path: string, { specifier }: Import): string | undefined {
  const folder = path.split("/")[0]!;
  if (specifier.startsWith("node:")) return;
  if (!specifier.startsWith(".")) {
    if (folder === "lib" || path === "mod.ts") {
      return `"${specifier}", and the core has no packages`;
    }
    if (folder === "sigstore" && specifier.startsWith("@blobber/cli")) return `"${specifier}"`;
    return;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetFolder = target.split("/")[0]!;
  if (["sigstore", "cli"].includes(folder) && targetFolder !== folder) {
    return `${target}, where the package's name is to be used`;
  }
  if (folder === "sigstore") return outOfLayer(SIGSTORE_LAYERS, path, target);
  if (folder === "cli") return outOfLayer(CLI_LAYERS, path, target);
  if (folder !== "lib") return;
  if (targetFolder !== "lib") return `${target}, which is not in the core`;
  const [above, below] = [archivePart(path), archivePart(target)];
  if (above !== undefined && below !== undefined && above !== below) {
    if (!ARCHIVE[above]?.includes(below)) return `${target}, and ${above} knows nothing of it`;
  }
  return outOfLayer(LAYERS, path, target, OPEN_LAYERS);
}

/** Why an import does not go down, or nothing. */
function outOfLayer(
  layers: string[][],
  path: string,
  target: string,
  open: number[] = [],
): string | undefined {
  const [from, to] = [layerOf(layers, path), layerOf(layers, target)];
  const near = from === to && (open.includes(from) || partOf(path) === partOf(target));
  if (to < from || near) return;
  return `${target}, which does not stand above it in docs/architecture.md`;
}

/** The part of the archive that a file is in: a folder's name, or nothing for the root of it. */
function archivePart(path: string): string | undefined {
  return /^lib\/archive\/(?:(\w+)\/)?\w+\.ts$/.exec(path)?.slice(1).map((part) => part ?? "")[0];
}

/** `archive/` for a file in a folder of a package, else the file's name without its ending. */
function partOf(path: string): string {
  const [, first, ...rest] = path.split("/");
  return rest.length > 0 ? `${first}/` : first!.replace(/\.ts$/, "");
}

function layerOf(layers: string[][], path: string): number {
  const layer = layers.findIndex((names) => names.includes(partOf(path)));
  return layer < 0 ? layers.length : layer;
}

/** Blanks comments and leaves strings alone: `//` inside a string is no comment. */
function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (found) => found.startsWith("/") ? "" : found);
}
