/**
 * The programs in `tests/library/`, each as a user of the library writes one: it exits with 0 when all that
 * it shows holds. They run under every runtime, and each in a temporary directory of its own.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IN_CI, inRoot, say, type Tally } from "./run.ts";
import { NODE_FLAGS, type Runtime, runtimeProgram, VERSIONS } from "./runtimes.ts";

/** Below the root. */
const FOLDER = "tests/library";

/** Milliseconds after which a script counts as hanging; and one that takes long. */
const LIMIT = 60_000;
const LONG_LIMIT = 600_000;

/** How a runtime runs a script. */
export interface ScriptRuntime {
  program: string;
  args: string[];
  /** The tree that the script is run in. */
  root: string;
}

/** This Deno, in the tree itself. */
export const THIS_DENO: ScriptRuntime = {
  program: Deno.execPath(),
  args: ["run", "-A", "--quiet"],
  root: inRoot("./"),
};

/** How many short scripts run at a time. Long ones run alone: some measure. */
const AT_ONCE = 2;

/** Whether a script is too long, or too large, for `deno task test`. */
export function isLong(script: string): boolean {
  return script.endsWith("_long.ts");
}

/** All scripts by their path below `tests/library/`, in order: no test files and nothing of `kit/`. */
export function libraryScripts(): string[] {
  return readdirSync(inRoot(FOLDER), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .filter((name) => !name.startsWith("kit/"))
    .sort();
}

/** The pages whose examples run under every runtime; under Deno, `deno task test` runs those of all pages. */
const PAGES = ["docs/library.md", "docs/howto/node-and-bun.md"];

/**
 * Writes the examples of the pages for users of the library, but for those that are for Deno alone, beside
 * the programs of a copy of the tree.
 *
 * @param root the copy
 * @returns their names there, by the number of the line at which each stands
 */
export function writePageScripts(root: string): string[] {
  return PAGES.flatMap((path) => {
    const page = readFileSync(inRoot(path), "utf8");
    const title = path.split("/").at(-1)!.replace(/\W+md$/, "").replaceAll(/\W/g, "_");
    return [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .filter(([, code]) => !code!.includes("Deno."))
      .map(({ index, 1: code }) => {
        const name = `${title}_line_${page.slice(0, index).split("\n").length}.ts`;
        writeFileSync(join(root, FOLDER, name), code!);
        return name;
      });
  });
}

/**
 * Runs one script.
 *
 * @param script its path below `tests/library/`
 * @returns what is wrong, with all that the script wrote; nothing when it holds
 */
export async function runScript(
  script: string,
  { program, args, root }: ScriptRuntime,
): Promise<string | undefined> {
  const outer = mkdtempSync(join(tmpdir(), "blobber-script-"));
  const temporary = join(outer, "tmp");
  mkdirSync(temporary);
  const limit = isLong(script) ? LONG_LIMIT : LIMIT;
  try {
    const { code, signal, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, join(root, FOLDER, script)],
      cwd: root,
      env: { NO_COLOR: "1", TMPDIR: temporary },
      stdin: "null",
      signal: AbortSignal.timeout(limit),
    }).output();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout) + decoder.decode(stderr);
    if (code !== 0) {
      const how = signal === null
        ? `exited with ${code}`
        : `ended by ${signal} (limit ${limit} ms)`;
      return `${script} ${how}\n${output}`;
    }
    const left = readdirSync(temporary);
    if (left.length === 0) return undefined;
    return `${script} left in the temporary directory: ${left.sort().join(", ")}\n${output}`;
  } finally {
    rmSync(outer, { recursive: true, force: true });
  }
}

/** Runs scripts, and shows what those that fail have written. */
export async function runScripts(scripts: string[], runtime: ScriptRuntime): Promise<Tally> {
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

/**
 * Runs scripts under each runtime other than Deno.
 *
 * @param scripts their paths
 * @param root the copy of the tree that they are run in
 * @param count is told what became of them, by the name of the runtime
 */
export async function runElsewhere(
  scripts: string[],
  root: string,
  count: (name: string, tally: Tally) => void,
): Promise<void> {
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
    count(name, await runScripts(scripts, { program, args, root }));
  }
}
