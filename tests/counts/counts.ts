/**
 * Counts what a verb asks of the file system and of memory, in a process of its own.
 *
 * @module
 */

import * as fs from "node:fs";
import { inRoot } from "../../tasks/run.ts";

/** What a run cost. */
export interface Counts {
  /** Calls by name. */
  files: Record<string, number>;
  /** Allocations of 64 KiB and more. */
  large: { count: number; bytes: number };
}

/** Runs a verb, with what it works in below `dir`, and counts. */
export async function counted(
  dir: string,
  verb: "push" | "again" | "pull" | "update" | "trusting" | "cat",
  reference: string,
  path: string,
): Promise<Counts> {
  const names = Object.keys(fs).filter((name) => name !== "default");
  Deno.writeTextFileSync(
    `${dir}/fs.ts`,
    `// deno-lint-ignore-file
import process from "node:process";
const real = process.getBuiltinModule("node:fs");
const files = globalThis.countedFiles ?? {}; // threads are not counted
const counting = (name) => {
  const call = real[name];
  if (typeof call !== "function" || !/Sync$/.test(name)) return call;
  return (...args) => { files[name] = (files[name] ?? 0) + 1; return call(...args); };
};
${names.map((name) => `export const ${name} = counting("${name}");`).join("\n")}
export default real;
`,
  );
  Deno.writeTextFileSync(`${dir}/map.json`, JSON.stringify({ imports: { "node:fs": "./fs.ts" } }));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-check", "--no-config", "--no-lock"],
      ...["--import-map", `${dir}/map.json`, inRoot("tests/counts/child.ts")],
      ...[verb, reference, path],
    ],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** How much more each call was made. */
export function growth(small: Counts, big: Counts): Record<string, number> {
  const more: Record<string, number> = {};
  for (const [name, count] of Object.entries(big.files)) {
    const added = count - (small.files[name] ?? 0);
    if (added !== 0) more[name] = added;
  }
  return more;
}
