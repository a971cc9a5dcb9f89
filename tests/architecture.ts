/**
 * Reads the sources and names what breaks the rules of `docs/architecture.md`. A rule that is changed there
 * is changed here.
 *
 * @module
 */

import { posix } from "node:path";
import { circlesIn } from "./circles.ts";
import { forbidden } from "./layers.ts";
import {
  importsOf,
  isSource,
  type SourceFile,
  targetsOf,
  withoutComments,
} from "./source_files.ts";

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
  // The rules and their tests hold what the rules look for.
  if (/^tests\/architecture(_test)?\.ts$/.test(path)) return found;
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
