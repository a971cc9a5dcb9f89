/**
 * The names behind every public door, types among them, in `tests/public_names.txt`, so that a change shows which are
 * new and which are gone. A test compares; this writes them anew:
 *
 *     deno run -A tasks/packages/names.ts
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { deno, inRoot } from "../run.ts";
import { configOf, FOLDERS, isInternal } from "./doors.ts";
import type { Documentation } from "./score_rules.ts";

/** Where they are. */
export const NAMES = "tests/public_names.txt";

/** A door with numbers alone: each has its reason beside it, and is looked at there. */
const NUMBERS = "./limits";

/** The kinds of declaration that are gone when the program runs. */
const TYPES = ["interface", "typeAlias"];

/** One line for each name: the door, what it is, and the name. */
export async function publicNames(): Promise<string[]> {
  const lines = new Set<string>();
  for (const folder of FOLDERS) {
    const { name, exports } = configOf(folder);
    for (const [door, file] of Object.entries(exports)) {
      if (isInternal(door) || door === NUMBERS) continue;
      // One at a time: what another door has too would be a reference.
      const { ok, output } = await deno(["doc", "--json", "--quiet", file], folder);
      if (!ok) throw new Error(output);
      const { nodes } = JSON.parse(output) as Documentation;
      const { symbols } = nodes[pathToFileURL(inRoot(folder + file)).href]!;
      for (const { name: symbol, declarations } of symbols) {
        const kinds = declarations.filter(({ declarationKind }) => declarationKind === "export");
        if (kinds.length === 0) continue;
        const isType = kinds.every(({ kind }) => TYPES.includes(kind));
        lines.add(`${name}${door.slice(1)} ${isType ? "type" : "value"} ${symbol}`);
      }
    }
  }
  return [...lines].sort();
}

/** The lines as they are stated. */
export function statedNames(): string[] {
  return readFileSync(inRoot(NAMES), "utf8").trimEnd().split("\n");
}

if (import.meta.main) writeFileSync(inRoot(NAMES), `${(await publicNames()).join("\n")}\n`);
