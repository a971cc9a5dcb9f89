/**
 * The sources of the project as text: which files there are, and what each imports.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { inRoot } from "../tasks/run.ts";

/** A file of the project, by its path from the root. */
export interface SourceFile {
  path: string;
  text: string;
}

const FOLDERS = ["lib", "sigstore", "cli", "tasks", "tests", "bench", "examples"];

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
  }).filter((path) => path.endsWith(".ts"));
  return [...top, ...found].map((path) => ({ path, text: readFileSync(inRoot(path), "utf8") }));
}

/** Whether a file is a part of a package, and no test. */
export function isSource(path: string): boolean {
  return !path.endsWith("_test.ts") && /^(lib|sigstore|cli)\/|^[^/]+$/.test(path);
}

/** What a file imports of the project, by path: also types, also what is loaded late. */
export function targetsOf({ path, text }: SourceFile): Set<string> {
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

/** An import as it is written. */
export interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** What code imports, in the order of its forms. */
export function importsOf(code: string): Import[] {
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

/** Blanks comments and leaves strings alone: `//` inside a string is no comment. */
export function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (found) => found.startsWith("/") ? "" : found);
}
