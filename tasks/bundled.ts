/**
 * Runs the program in `tests/bundles/`, however it was bundled, and counts: how often it ran, and as how many
 * threads of it.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Milliseconds after which a program counts as hanging: it takes seconds. */
const LIMIT = 120_000;

/** What became of a program. */
export interface Ran {
  /** How often it did what it is for. */
  programs: number;
  /** How many threads of the client ran it, and served. */
  threads: number;
  /** Codes of the notices that the client gave. */
  notices: string[];
}

/** What is expected of a program that was bundled as it is, which has no threads and says so once. */
export const ALONE: Ran = { programs: 1, threads: 0, notices: ["no-threads"] };
/** What is expected of one that serves, and of the two threads beside its own. */
export const WITH_THREADS: Ran = { programs: 1, threads: 2, notices: [] };
/** What is expected of one that is not bundled: threads run another file. */
export const UNBUNDLED: Ran = { programs: 1, threads: 0, notices: [] };

/**
 * Runs it.
 *
 * @param command the program and its arguments
 * @throws when it does not exit with 0, with what it wrote
 */
export async function runBundled([program, ...args]: string[]): Promise<Ran> {
  const outer = mkdtempSync(join(tmpdir(), "blobber-bundled-"));
  try {
    const runs = join(outer, "runs");
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args,
      cwd: outer,
      env: { BUNDLED_RUNS: runs, TMPDIR: outer, NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(LIMIT),
    }).output();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout);
    if (code !== 0) throw new Error(`exited with ${code}\n${output}${decoder.decode(stderr)}`);
    const lines = readFileSync(runs, "utf8").trim().split("\n");
    return {
      programs: lines.filter((line) => line === "program").length,
      threads: lines.filter((line) => line === "thread").length,
      notices: JSON.parse(output) as string[],
    };
  } finally {
    rmSync(outer, { recursive: true });
  }
}
