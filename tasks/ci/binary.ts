/**
 * Steps with a compiled binary: it is put on the PATH of later steps, or tried on the system that it is for.
 *
 * @module
 */

import { appendFileSync, chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { sources } from "../binary/sources.ts";
import { TARGETS, thisTarget } from "../binary/targets.ts";
import { treeVersion } from "../release/version.ts";
import { inRoot, run, say } from "../run.ts";

/**
 * What `deno task compile` made becomes `blobber` for the steps that follow.
 *
 * @param from where the binaries are
 * @param bin the directory for it
 */
export function putOnPath(
  from: string = inRoot("dist/bin"),
  bin: string = inRoot("dist/ci"),
): void {
  const { file } = TARGETS[thisTarget()];
  mkdirSync(bin, { recursive: true });
  const program = join(bin, file.endsWith(".exe") ? "blobber.exe" : "blobber");
  copyFileSync(join(from, file), program);
  chmodSync(program, 0o755);
  const list = Deno.env.get("GITHUB_PATH");
  if (list === undefined) throw new Error("GITHUB_PATH is not set: this is no workflow");
  appendFileSync(list, `${bin}\n`);
  say(program);
}

/**
 * Runs the command-line tests with the binary for this machine, once it has said its version and commit.
 *
 * @param directory where the binaries are
 */
export async function tryBinary(directory: string): Promise<void> {
  const program = join(resolve(directory), TARGETS[thisTarget()].file);
  // A transfer between jobs keeps no permission bits.
  chmodSync(program, 0o755);
  const expected = `blobber version ${treeVersion()} (commit ${sources().commit})`;
  const said = new TextDecoder().decode(
    new Deno.Command(program, { args: ["--version"], stdin: "null" }).outputSync().stdout,
  ).trim();
  if (said !== expected) {
    throw new Error(
      `${program} says ${JSON.stringify(said)}, expected ${JSON.stringify(expected)}`,
    );
  }
  say(said);
  const ok = await run(Deno.execPath(), ["test", "-A", "--quiet", "tests/cli/"], {
    cwd: inRoot("./"),
    env: { BLOBBER_TEST_PROGRAM: program },
  });
  if (!ok) throw new Error(`tests failed with ${program}`);
}
