/**
 * What a bundled program does in its threads, with the bundler that Deno has: nothing but to serve. The other
 * bundlers and runtimes are in `tasks/bundles.ts`.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ALONE, type Ran, runBundled, UNBUNDLED, WITH_THREADS } from "../tasks/bundled.ts";
import { deno, inRoot } from "../tasks/run.ts";

const RUN = [Deno.execPath(), "run", "-A", "--quiet"];

/** Bundles an entry into one file, and hands it over. */
async function bundled<Result>(
  entry: string,
  use: (file: string, dir: string) => Promise<Result>,
): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-bundle-"));
  try {
    const file = join(dir, "bundle.js");
    const { ok, output } = await deno(["bundle", "--quiet", "--output", file, entry]);
    assert.ok(ok, output);
    return await use(file, dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const BUNDLES: [entry: string, expected: Ran][] = [
  ["without_threads.ts", ALONE],
  ["with_threads.ts", WITH_THREADS],
];

for (const [entry, expected] of BUNDLES) {
  test(`a bundle of ${entry} runs once, with ${expected.threads} threads`, async () => {
    const ran = await bundled(`tests/bundles/${entry}`, (file) => runBundled([...RUN, file]));
    assert.deepEqual(ran, expected);
  });
}

for (const kind of ["web", "node"]) {
  test(`a program in a worker of its own (${kind}) runs once`, async () => {
    const worker = inRoot("tests/bundles/own_worker.ts");
    assert.deepEqual(await runBundled([...RUN, worker, kind]), UNBUNDLED);
  });
}

test("where the file that threads run may not be read, there are none and no question is asked", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-denied-"));
  try {
    // As a user's project: what this tree's has makes late imports need the permission too.
    const config = join(dir, "deno.json");
    const core = new URL("../mod.ts", import.meta.url).href;
    writeFileSync(config, JSON.stringify({ imports: { "@blobber/core": core } }));
    const program = inRoot("tests/bundles/without_threads.ts");
    const denied = `--deny-read=${inRoot("lib/threads/thread_entry.ts")}`;
    const command = [...RUN, "--no-lock", "--config", config, denied, program];
    assert.deepEqual(await runBundled(command), ALONE);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

/** Counts the threads that a program opens. */
const COUNT = `const Web = globalThis.Worker;
globalThis.Worker = class extends Web {
  constructor(module, options) {
    super(module, options);
    Deno.writeTextFileSync(Deno.env.get("OPENED"), module + "\\n", { append: true });
  }
};`;

test("the program's own bundle is one file, and keeps its threads", async () => {
  await bundled("cli.ts", async (file, dir) => {
    mkdirSync(join(dir, "tree"));
    writeFileSync(join(dir, "tree/large"), new Uint8Array(16 << 20));
    writeFileSync(join(dir, "count.js"), COUNT);
    const opened = join(dir, "opened");
    const args = ["run", "-A", "--quiet", "--preload", join(dir, "count.js"), file];
    const ref = `oci:${join(dir, "layout")}:v1`;
    const pushed = await deno([...args, "push", join(dir, "tree"), ref, "--jobs", "3"], "./", {
      XDG_CONFIG_HOME: dir,
      XDG_CACHE_HOME: dir,
      OPENED: opened,
    });
    assert.ok(pushed.ok, pushed.output);
    assert.doesNotMatch(pushed.output, /calling thread alone/);
    const module = new URL(`file://${file}`).href;
    assert.equal(readFileSync(opened, "utf8"), `${module}\n${module}\n`);
  });
});
