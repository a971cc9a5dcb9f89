/**
 * `deno task test:programs [FORM…]`: all tests of the command line, through the forms in which the program is
 * handed out: the one-file bundle under Deno, what npm installs under two lines of Node and under Bun, and the
 * binary of this machine. All forms where none is named.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCli } from "./binary/bundle.ts";
import { compileHere } from "./binary/compile.ts";
import { installPackages } from "./packages/install.ts";
import { pack } from "./packages/pack.ts";
import { deno, IN_CI, say, type Tally, tallyLine } from "./run.ts";
import { type Runtime, runtimeProgram, VERSIONS } from "./runtimes.ts";

/** A form that is there to be run. */
interface Program {
  /** What the line with its tally is called. */
  name: string;
  /** The variables that name it to `tests/cli/program.ts`. */
  env: Record<string, string>;
}

/** Makes a form in a directory, or says why it cannot be had. */
type Make = (into: string) => Promise<Program | { why: string }>;

const FORMS: Record<string, Make> = {
  bundle: async (into) => {
    const file = join(into, "blobber.js");
    writeFileSync(file, await bundleCli());
    return {
      name: `bundle, deno ${Deno.version.deno}`,
      env: { BLOBBER_TEST_PROGRAM: file },
    };
  },
  node: (into) => installed(into, "node"),
  node24: (into) => installed(into, "node24"),
  bun: (into) => installed(into, "bun"),
  binary: async (into) => {
    const { path, why } = await compileHere(into);
    return why === undefined ? { name: "binary", env: { BLOBBER_TEST_PROGRAM: path } } : { why };
  },
};

/** What npm installs is the same for every runtime. */
let project: string | undefined;

async function installed(into: string, runtime: Runtime): Promise<Program | { why: string }> {
  let program: string;
  try {
    program = runtimeProgram(runtime);
    project ??= installPackages(
      join(into, "project"),
      Object.values(await pack(join(into, "tarballs"))),
    );
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
  return {
    name: `npm, ${runtime === "bun" ? "bun" : "node"} ${VERSIONS[runtime]}`,
    env: {
      BLOBBER_TEST_PROGRAM: join(project, "node_modules/@blobber/cli/blobber.cjs"),
      BLOBBER_TEST_RUNTIME: program,
    },
  };
}

/**
 * Runs the tests, and shows the reasons for what was left out, and everything when one fails. A quiet run would
 * keep the reasons to itself.
 */
async function runTests({ name, env }: Program): Promise<Tally> {
  const { ok, output } = await deno(["test", "-A", "tests/cli/"], "./", env);
  const [, passed = 0, failed = 0, ignored = 0] =
    /^(?:ok|FAILED) \| (\d+) passed \| (\d+) failed(?: \| (\d+) ignored)?/m.exec(output) ?? [];
  const tally = { passed: Number(passed), failed: Number(failed) };
  if (!ok || tally.passed === 0) tally.failed ||= 1;
  for (const line of new Set(output.match(/^skipped: .*$/gm))) say(`${line} (${name})`);
  if (Number(ignored) > 0) say(`${name}: ${ignored} tests are about other forms`);
  if (tally.failed > 0) say(output);
  return tally;
}

const named = Deno.args.length > 0 ? Deno.args : Object.keys(FORMS);
for (const name of named) {
  if (!Object.hasOwn(FORMS, name)) {
    throw new Error(`unknown form: "${name}", expected ${Object.keys(FORMS).join(", ")}`);
  }
}
const outer = mkdtempSync(join(tmpdir(), "blobber-programs-"));
let failed = false;
try {
  for (const form of named) {
    const into = join(outer, form);
    mkdirSync(into);
    const made = await FORMS[form]!(into);
    if ("why" in made) {
      say(`${IN_CI ? "FAILED" : "skipped"}: ${form}: ${made.why}`);
      failed ||= IN_CI;
      continue;
    }
    const tally = await runTests(made);
    failed ||= tally.failed > 0;
    say(tallyLine(made.name, tally));
  }
} finally {
  rmSync(outer, { recursive: true });
}
Deno.exit(failed ? 1 : 0);
