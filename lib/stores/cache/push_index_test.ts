import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MAX_PUSH_RECORDS } from "../../limits.ts";
import { digestOf } from "../../digest.ts";
import { PushIndex } from "./push_index.ts";
import { blob, names, withDirectory } from "../../../tests/fakes/registry/watched_store.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const recordOf = (contents: string) => ({
  walked: digestOf("tree"),
  contents: digestOf(contents),
  secrets: { named: [{ path: ".env", kind: "password" }], count: 1 },
  layer: {
    ...{ digest: blob.digest, size: blob.size, diffId: digestOf("tar") },
    ...{ tocDigest: digestOf("table"), tocOffset: 7, entries: 3, isCut: true },
    tree: digestOf("form"),
  },
});

test("what pushes made is remembered, the latest first, and a few of a kind", () =>
  withDirectory((directory) => {
    const index = PushIndex.open(directory)!;
    assert.deepEqual(index.get("a"), []);
    for (const contents of ["1", "2", "3", "4", "5", "3"]) index.add("a", recordOf(contents));
    const known = PushIndex.open(directory)!.get("a");
    assert.deepEqual(known, ["3", "5", "4", "2"].map(recordOf));
    assert.equal(known.length, MAX_PUSH_RECORDS);
    assert.deepEqual(index.get("b"), []);
    return Promise.resolve();
  }));

test(
  "an edited record, or one under another name, is none",
  { skip: lacks("modes") },
  () =>
    withDirectory((directory) => {
      const index = PushIndex.open(directory)!;
      const folder = join(directory, "push");
      const record = recordOf("1");
      index.add("a", record);
      const a = join(folder, names(folder)[0]!);
      const whole = readFileSync(a, "utf8");
      index.add("b", recordOf("2"));
      const b = join(folder, names(folder).find((name) => !a.endsWith(name))!);
      writeFileSync(b, whole);
      assert.deepEqual(index.get("b"), []);
      assert.deepEqual(index.get("a"), [record]);
      writeFileSync(a, whole.replace('"entries":3', '"entries":4'));
      assert.deepEqual(index.get("a"), []);
      assert.deepEqual(names(folder), []);
      chmodSync(directory, 0o777);
      assert.equal(PushIndex.open(directory), undefined);
      return Promise.resolve();
    }),
);
