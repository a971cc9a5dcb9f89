import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { asPlatform } from "../../../tests/fakes/platforms/as_platform.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { holdDirectory } from "../../system/hold_path.ts";
import { probe } from "./probe.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const root = useOwnTemporary();

test("a directory tells its umask and what it folds, and nothing is left in it", {
  skip: lacks("a system of its own"),
}, async () => {
  const path = join(root, "probed");
  mkdirSync(path);
  const dir = holdDirectory(path)!;
  const { umask, folds } = probe(dir);
  if (process.platform === "linux") {
    assert.deepEqual([umask, folds], [process.umask(), { case: false, forms: false }]);
  }
  // Forms are asked for where they may count.
  const found = await asPlatform("darwin", () => probe(dir), { isActed: false });
  assert.deepEqual(found.folds, folds);
  const acted = await asPlatform("windows", () => probe(dir));
  assert.deepEqual(acted, { umask: undefined, folds: { case: true, forms: false } });
  assert.deepEqual(readdirSync(path), []);
  dir.close();
});
