/**
 * Reads the sources and names what breaks the rules of `docs/architecture.md`. A rule that is changed there
 * is changed here.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { inRoot } from "./tasks/run.ts";

/** A file of the project, by its path from the root. */
export interface SourceFile {
  path: string;
  text: string;
}

const FOLDERS = ["lib", "sigstore", "cli", "tests", "bench", "examples"];
const MAX_LINES = 400;
/** Types whose values only one file makes, so that having one says something. */
const MADE_IN: Record<string, string> = {
  RegistryName: "lib/reference.ts",
  RepositoryPath: "lib/reference.ts",
  RepositoryName: "lib/reference.ts",
  VerifiedDigest: "lib/artifact.ts",
  VerifiedDescriptor: "lib/artifact.ts",
};
/** Files of the core that may know which runtime this is. */
const KNOW_DENO = ["lib/runtime.ts", "lib/disk.ts"];

/** Files of the command line that may write to a stream of the process; the second when nothing can be loaded. */
const OWN_STREAMS = ["cli/output.ts", "cli/main.ts"];

/**
 * The rooms of `lib/` from the ground up. A file may import its own room and every row above it here, never
 * a neighbour in its row. What is not named is a helper: it may import the first three rows.
 */
const ROWS: string[][] = [
  ["errors", "limits", "options", "types", "events", "runtime", "version"],
  ["digest", "verified", "printable", "reference"],
  ["store", "signing", "thread"],
  ["registry/", "layout/", "memory", "archive/"],
  ["cache/", "signatures", "workers"],
  ["artifact"],
  ["push", "push_again", "pack_layer", "pull", "image", "list", "copy", "client"],
];
/** Rows whose files may import each other: the bottom ones, and the verbs. */
const OPEN_ROWS = [0, 1, 2, 6];
const HELPER_ROW = 2;

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
  const room = path.split("/")[0];
  const portable = room === "lib" || room === "sigstore" || path === "mod.ts";

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
  for (const [type, place] of Object.entries(MADE_IN)) {
    if (isTest || room === "tests" || path === place) continue;
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
    const usesProcess = /(?<![.\w])process\s*\./.test(code) && path !== "lib/runtime.ts";
    if (usesProcess && !/from "node:process"|nodeModule\("process"\)/.test(code)) {
      found.push(`${path} uses process without importing it`);
    }
    if (/\bconsole\s*\./.test(code)) found.push(`${path} prints, which only cli/ may`);
  }
  if (room === "cli" && !isTest && !OWN_STREAMS.includes(path)) {
    if (/\bDeno\.(stdout|stderr)\.(write|writable)/.test(code)) {
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
function forbidden(path: string, { specifier, typeOnly }: Import): string | undefined {
  const room = path.split("/")[0]!;
  if (specifier.startsWith("node:")) return;
  if (!specifier.startsWith(".")) {
    if (room === "lib" || path === "mod.ts") return `"${specifier}", and the core has no packages`;
    if (room === "sigstore" && specifier.startsWith("@blobber/cli")) return `"${specifier}"`;
    return;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetRoom = target.split("/")[0]!;
  if (["sigstore", "cli"].includes(room) && targetRoom !== room) {
    return `${target}, where the package's name is to be used`;
  }
  if (room !== "lib") return;
  if (targetRoom !== "lib") return `${target}, which is not in the core`;
  if (typeOnly && rowOf(target) <= HELPER_ROW) return;
  const [above, below] = [ARCHIVE[partOf(path)], ARCHIVE[partOf(target)]];
  if (above !== undefined && below !== undefined && !path.endsWith("/archive/jobs.ts")) {
    if (!above.includes(partOf(target))) {
      return `${target}, and ${partOf(path)} knows nothing of it`;
    }
  }
  const [from, to] = [rowOf(path), rowOf(target)];
  const near = from === to && (OPEN_ROWS.includes(from) || roomName(path) === roomName(target));
  if (to < from || near) return;
  return `${target}, which does not stand above it in docs/architecture.md`;
}

/** The parts of the archive, and what each may import of the others. The table of jobs knows them all. */
const ARCHIVE: Record<string, string[]> = {
  "archive": ["archive"],
  "archive/read": ["archive", "archive/read"],
  "archive/pack": ["archive", "archive/read", "archive/pack"],
  "archive/unpack": ["archive", "archive/read", "archive/unpack"],
};

function partOf(path: string): string {
  return posix.dirname(path).replace(/^lib\//, "");
}

/** `archive/` for a file in a folder of `lib/`, else the file's name without its ending. */
function roomName(path: string): string {
  const [, first, ...rest] = path.split("/");
  return rest.length > 0 ? `${first}/` : first!.replace(/\.ts$/, "");
}

function rowOf(path: string): number {
  const row = ROWS.findIndex((names) => names.includes(roomName(path)));
  return row < 0 ? HELPER_ROW : row;
}

/** Blanks comments and leaves strings alone: `//` inside a string is no comment. */
function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (found) => found.startsWith("/") ? "" : found);
}
