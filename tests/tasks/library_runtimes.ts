/**
 * `deno task test:runtimes [NAME…]`: the programs in `tests/library/` under this Deno, the oldest supported
 * Node, the Node after it, and Bun; only those whose path holds a NAME where some are given.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  isLong,
  libraryScripts,
  runScript,
  type ScriptRuntime,
  THIS_DENO,
} from "./library_scripts.ts";
import { IN_CI, say, type Tally, tallyLine } from "./run.ts";
import { copyForNode, NODE_FLAGS, type Runtime, runtimeProgram, VERSIONS } from "./runtimes.ts";

/** How many short scripts run at a time. Long ones run alone: some measure. */
const AT_ONCE = 2;

async function runAll(runtime: ScriptRuntime, scripts: string[]): Promise<Tally> {
  const tally = { passed: 0, failed: 0 };
  const one = async (script: string) => {
    const wrong = await runScript(script, runtime);
    wrong === undefined ? tally.passed++ : tally.failed++;
    if (wrong !== undefined) say(`FAILED ${wrong.trimEnd()}`);
  };
  const queue = scripts.filter((script) => !isLong(script));
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  }));
  for (const script of scripts.filter(isLong)) await one(script);
  return tally;
}

const wanted = libraryScripts().filter((script) =>
  Deno.args.length === 0 || Deno.args.some((name) => script.includes(name))
);
const failures: Tally[] = [];
const count = (name: string, tally: Tally) => {
  if (tally.failed > 0 || tally.passed === 0) failures.push(tally);
  say(tallyLine(`library, ${name}`, tally));
};

count(`deno ${Deno.version.deno}`, await runAll(THIS_DENO, wanted));
const copy = copyForNode();
try {
  for (const runtime of Object.keys(VERSIONS) as Runtime[]) {
    const name = `${runtime === "bun" ? "bun" : "node"} ${VERSIONS[runtime]}`;
    let program: string;
    try {
      program = runtimeProgram(runtime);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      say(`${IN_CI ? "FAILED" : "skipped"}: ${name} cannot be had: ${why}`);
      if (IN_CI) count(name, { passed: 0, failed: 1 });
      continue;
    }
    const args = runtime === "bun" ? ["run"] : NODE_FLAGS;
    count(name, await runAll({ program, args, root: copy }, wanted));
  }
} finally {
  rmSync(dirname(copy), { recursive: true });
}
Deno.exit(failures.length > 0 ? 1 : 0);
