/**
 * `deno task compile [--all] [TARGET…]`: binaries in `dist/bin/`, for this machine unless said otherwise, and the
 * file with their digests. Of a tree that is not as its commit has it, binaries tell no commit and are not
 * taken for released ones.
 *
 * @module
 */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot, runTask, say } from "../run.ts";
import { CHECKSUMS, formatChecksums, sha256OfFile } from "./checksums.ts";
import { compile } from "./compile.ts";
import { makeProgram } from "./program.ts";
import { sources } from "./sources.ts";
import { TARGET_NAMES, targetName, TARGETS, thisTarget } from "./targets.ts";

const BIN = inRoot("dist/bin");

await runTask(async () => {
  const words = Deno.args;
  const targets = words.includes("--all")
    ? TARGET_NAMES
    : words.length > 0
    ? words.map(targetName)
    : [thisTarget()];
  const { commit, time, changed } = sources();
  if (changed.length > 0) {
    say(`${changed.length} changed files (${changed[0]}): the binaries tell no commit`);
  }
  rmSync(BIN, { recursive: true, force: true });
  const program = await makeProgram();
  const runtime = Deno.env.get("DENORT_BIN");
  const checksums = new Map<string, string>();
  for (const target of targets) {
    const told = changed.length === 0 ? commit : undefined;
    const path = await compile({ program, target, time, commit: told, runtime }, BIN);
    const { file } = TARGETS[target];
    checksums.set(file, sha256OfFile(path));
    say(path);
  }
  writeFileSync(join(BIN, CHECKSUMS), formatChecksums(checksums));
  say(join(BIN, CHECKSUMS));
});
