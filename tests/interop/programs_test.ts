/**
 * The one file that `deno bundle` makes of the program. `deno task test:programs` runs the command line's tests
 * through it and the other forms, and `binary_test.ts` makes binaries.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inRoot } from "../../tasks/run.ts";
import { Home } from "./harness.ts";
import { must, TempDir } from "./processes.ts";

const deno = (args: string[], env: Record<string, string> = {}) =>
  must(Deno.execPath(), args, { cwd: inRoot("./"), env });

async function bundle(dir: TempDir): Promise<string> {
  await deno(["bundle", "--quiet", "--output", dir.at("blobber.js"), "cli.ts"]);
  return dir.at("blobber.js");
}

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
