import assert from "node:assert/strict";
import { CLI_LOCK, cliLock } from "../tasks/cli_lock.ts";

Deno.test("the lock file that is published is the root's", () => {
  const renew = "stale: run deno run -A tasks/cli_lock.ts";
  assert.equal(Deno.readTextFileSync(CLI_LOCK), cliLock(), renew);
});
