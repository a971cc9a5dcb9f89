/**
 * Runs the public Sigstore verification vectors and prints how many hold. Exits 1 unless all do.
 * `CONFORMANCE_DIR` names the directory that holds them; `--list` prints every check.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { listChecks, type Outcome, runCheck } from "./suite.ts";

const directory = process.env["CONFORMANCE_DIR"] ?? "../shared/conformance";
const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";

if (!existsSync(directory)) {
  process.stderr.write(`no vectors at ${directory}; name their directory in CONFORMANCE_DIR\n`);
  process.exitCode = 1;
} else {
  const outcomes: Outcome[] = [];
  for (const check of listChecks(directory)) outcomes.push(await runCheck(directory, check));
  const list = process.argv.includes("--list");
  for (const { name, by, holds, says } of outcomes) {
    if (list || !holds) {
      process.stdout.write(`${holds ? "holds" : "FAILS"} ${name} (by ${by}): ${says}\n`);
    }
  }
  const holding = outcomes.filter(({ holds }) => holds).length;
  process.stdout.write(`${holding} of ${outcomes.length} checks hold under ${runtime}\n`);
  // A directory without cases is a failure.
  if (holding < outcomes.length || outcomes.length === 0) process.exitCode = 1;
}
