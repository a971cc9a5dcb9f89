/**
 * The programs of users in `tests/library/`, under Deno. `deno task test:runtimes` runs them under Node and
 * Bun too, and those that take long.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isLong, libraryScripts, runScript, THIS_DENO } from "../tasks/library_scripts.ts";

for (const script of libraryScripts().filter((name) => !isLong(name))) {
  test(`library: ${script}`, async () => {
    assert.equal(await runScript(script, THIS_DENO), undefined);
  });
}
