/**
 * The other forms in which the program is handed out: one file made by `deno bundle`, and a binary made by
 * `deno compile`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inRoot } from "../../tasks/run.ts";
import { Home } from "./harness.ts";
import { exec, must, TempDir } from "./processes.ts";

const deno = (args: string[], env: Record<string, string> = {}) =>
  must(Deno.execPath(), args, { cwd: inRoot("./"), env });

async function bundle(dir: TempDir): Promise<string> {
  await deno(["bundle", "--quiet", "--output", dir.at("blobber.js"), "cli.ts"]);
  return dir.at("blobber.js");
}

Deno.test("the bundle, away from its sources, passes the command line's tests", async () => {
  using dir = new TempDir();
  const program = await bundle(dir);
  const { code, stdout, stderr } = await exec(
    Deno.execPath(),
    ["test", "-A", "--quiet", "tests/cli/", "tests/docs_test.ts"],
    { cwd: inRoot("./"), env: { BLOBBER_TEST_PROGRAM: program, NO_COLOR: "1" } },
  );
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /ok \| \d{2,} passed/);
});

Deno.test("the bundle's threads make the same bytes as the sources'", async () => {
  using dir = new TempDir();
  const program = await bundle(dir);
  using home = new Home();
  Deno.mkdirSync(dir.at("tree"));
  // Enough for threads to be worth their start.
  const bytes = new Uint8Array(48 << 20);
  for (let i = 0; i < bytes.length; i += 7) bytes[i] = i;
  Deno.writeFileSync(dir.at("tree/file"), bytes);
  const source = await home.must(["push", dir.at("tree"), `oci:${dir.at("source")}:v1`]);
  const bundled = await must(
    Deno.execPath(),
    ["run", "-A", "--quiet", program, "push", dir.at("tree"), `oci:${dir.at("bundled")}:v1`],
    { env: home.env },
  );
  assert.equal(bundled.stdout, source.stdout);
});

Deno.test("the binary embeds every module that a command loads when it runs", async () => {
  using dir = new TempDir();
  // The runtime that is embedded into is not downloaded: where none is named, Deno itself stands in.
  const named = Deno.env.get("DENORT_BIN");
  const runtime = named ?? Deno.execPath();
  // As the task says it: modules that are loaded late are embedded only when they are named.
  const { tasks } = JSON.parse(Deno.readTextFileSync(inRoot("deno.json")));
  const words = tasks.compile.replace("dist/blobber", dir.at("blobber")).split(" ").slice(1);
  await deno(words, { DENORT_BIN: runtime });
  const [made, base] = [dir.at("blobber"), runtime].map((path) => Deno.statSync(path));
  assert.ok(made!.size > base!.size, "nothing was added");
  assert.ok((made!.mode! & 0o111) !== 0, "it is not executable");
  const added = new TextDecoder("latin1").decode(
    Deno.readFileSync(dir.at("blobber")).subarray(-32 << 20),
  );
  for (const module of ["push.ts", "pull.ts", "thread_entry.ts", "signer.ts", "verifier.ts"]) {
    assert.ok(added.includes(module), `${module} is not in it`);
  }
  if (named !== undefined) {
    const { stdout } = await must(dir.at("blobber"), ["--version"]);
    assert.match(stdout, /\d+\.\d+\.\d+/);
  }
});
