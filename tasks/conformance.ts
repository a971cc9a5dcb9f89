/**
 * `deno task test:conformance`: Sigstore's public verification vectors under Deno and under Node, whose
 * cryptography differs.
 *
 * @module
 */

import { existsSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { IN_CI, inRoot, say, type Tally, tallyLine } from "./run.ts";
import { copyForNode, NODE_FLAGS, runtimeProgram } from "./runtimes.ts";

const SUITE = "tests/conformance/run.ts";
const vectors = resolve(Deno.env.get("CONFORMANCE_DIR") ?? inRoot("../shared/conformance"));

function run(program: string, args: string[], cwd: string): Tally {
  const { code, stdout, stderr } = new Deno.Command(program, {
    args: [...args, SUITE, ...Deno.args],
    cwd,
    env: { CONFORMANCE_DIR: vectors, NO_COLOR: "1" },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  say(output.trimEnd());
  const [, holding, all] = output.match(/^(\d+) of (\d+) checks hold/m) ?? [];
  const passed = Number(holding ?? 0);
  const failed = Number(all ?? 0) - passed;
  return { passed, failed: code === 0 ? failed : failed || 1 };
}

const tallies: Tally[] = [];
const count = (name: string, tally: Tally) => {
  tallies.push(tally);
  say(tallyLine(name, tally));
};
if (!existsSync(vectors)) {
  say(`${IN_CI ? "FAILED" : "skipped"}: no vectors; name their directory in CONFORMANCE_DIR`);
  count("conformance", { passed: 0, failed: IN_CI ? 1 : 0 });
} else {
  count("conformance, Deno", run(Deno.execPath(), ["run", "-A", "--quiet"], inRoot("./")));
  let node: string | undefined;
  try {
    node = runtimeProgram("node");
  } catch (error) {
    say(`${IN_CI ? "FAILED" : "skipped"}: Node cannot be had: ${error}`);
    count("conformance, Node", { passed: 0, failed: IN_CI ? 1 : 0 });
  }
  if (node !== undefined) {
    const copy = copyForNode();
    try {
      count("conformance, Node", run(node, NODE_FLAGS, copy));
    } finally {
      rmSync(dirname(copy), { recursive: true });
    }
  }
}
Deno.exit(tallies.some(({ failed }) => failed > 0) ? 1 : 0);
