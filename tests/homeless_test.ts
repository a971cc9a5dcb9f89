/**
 * A user whom the system does not know, as containers run under a number of their own: there is no home, and so
 * there are no credentials.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ALICE, noOtherUsers, SharedPlace } from "./fakes/processes/users.ts";
import { startRegistry } from "./fakes/registry/fake_registry.ts";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("owners");

Deno.test({
  name: "a user without a home has no credentials, and no place for them",
  ignore: noOtherUsers !== undefined,
  async fn() {
    const registry = await startRegistry({
      authorize: () => ({ status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }),
    });
    using place = new SharedPlace();
    try {
      const script = inRoot("tests/fakes/processes/homeless.ts");
      const ids = [`--reuid=${ALICE}`, `--regid=${ALICE}`, "--clear-groups"];
      const run = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", script];
      const { stdout, stderr } = await new Deno.Command("setpriv", {
        args: [...ids, "--", ...run, `${registry.host}/a/b:v1`],
        cwd: place.dir,
        clearEnv: true,
        env: { DENO_DIR: place.directory("deno", ALICE), NO_COLOR: "1" },
      }).output();
      const [said, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.equal(failed, "");
      const [read, stored] = JSON.parse(said!);
      assert.match(read, /^unauthorized: /);
      assert.match(stored, /^file-system: no place for credentials/);
    } finally {
      await registry.close();
    }
  },
});
