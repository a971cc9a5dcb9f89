/**
 * `deno task test:interop [FILE...]`: installs the peers and runs the tests of this folder beside them.
 *
 * @module
 */

import { IN_CI, inRoot, run, say } from "../../tasks/run.ts";
import { absentRegistries } from "./given_registries.ts";
import { installPeers } from "./peers.ts";

for (const [peer, why] of installPeers()) {
  say(`${IN_CI ? "missing" : "skipped"}: ${peer}: ${why}`);
}
for (const { variable, name } of absentRegistries()) {
  say(`skipped: ${name}: ${variable} names no program`);
}
const files = Deno.args.length > 0 ? Deno.args : [...Deno.readDirSync(inRoot("tests/interop"))]
  .filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) => `tests/interop/${name}`)
  .sort();
const ok = await run(Deno.execPath(), ["test", "-A", "--quiet", ...files], { cwd: inRoot("./") });
Deno.exit(ok ? 0 : 1);
