/**
 * `deno task ok`: everything that must hold before a change is shared. Every step runs, also after a failed
 * one, so that one run shows all that is wrong. With `--tested` the tests are left out, for `.ci/run`, which has
 * run them before.
 *
 * @module
 */

import { FOLDERS, publicDoors } from "./packages/doors.ts";
import { deno, type Outcome, say, type Tally, tallyLine } from "./run.ts";

const steps: [name: string, step: () => Promise<Outcome>][] = [
  ["format", () => deno(["fmt", "--check", "--quiet"])],
  ["lint", () => deno(["lint", "--quiet"])],
  ["types", () => deno(["check", "--quiet"])],
  ...publicDoors().map(({ folder, files }): [string, () => Promise<Outcome>] => [
    `documentation of ${folder}`,
    () => deno(["doc", "--lint", "--quiet", ...files], folder),
  ]),
  ["score", () => deno(["task", "--quiet", "score"])],
  ...Deno.args.includes("--tested")
    ? []
    : [["tests and examples", testsThatLeaveNothing] as [string, () => Promise<Outcome>]],
  ...FOLDERS.map((folder): [string, () => Promise<Outcome>] => [
    `publishing ${folder}`,
    () => deno(["publish", "--dry-run", "--allow-dirty", "--quiet"], folder),
  ]),
];

/** Runs the tests with a temporary directory of their own, which must be empty afterwards. */
async function testsThatLeaveNothing(): Promise<Outcome> {
  const directory = Deno.makeTempDirSync({ prefix: "blobber-gate-" });
  // As the system's own: tests have other users in it, and files that these can replace.
  Deno.chmodSync(directory, 0o1777);
  try {
    const { ok, output } = await deno(["task", "--quiet", "test"], "./", {
      ...{ TMPDIR: directory, TMP: directory, TEMP: directory }, // the last two are Windows's names
    });
    const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
    if (left.length === 0) return { ok, output };
    const names = left.sort().join(", ");
    return { ok: false, output: `${output}left in the temporary directory: ${names}\n` };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Lines of `deno test`: its last one, which is always shown, and those of tests that passed. */
const COUNT = /\| \d+ passed .*\| \d+ failed/;
const PASSING = / \.\.\. ok \(\d+\S+\)$|^running \d+ tests? from /;

const tally: Tally = { passed: 0, failed: 0 };
const failed: string[] = [];
for (const [name, step] of steps) {
  const started = performance.now();
  const { ok, output } = await step();
  ok ? tally.passed++ : tally.failed++;
  if (!ok) failed.push(name);
  say(`${ok ? "ok    " : "FAILED"} ${name} (${Math.round(performance.now() - started)} ms)`);
  for (const line of output.split("\n")) {
    if (ok ? COUNT.test(line) : !PASSING.test(line)) say(line);
  }
}
if (failed.length > 0) say(`failed: ${failed.join(", ")}`);
say(tallyLine("gate", tally));
Deno.exit(failed.length > 0 ? 1 : 0);
