import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PushIndex } from "./push_index.ts";
import { blob, names, withDirectory } from "../../tests/fakes/watched_store.ts";

test("what a push made is remembered by fingerprint, whole or not at all", () =>
  withDirectory((directory) => {
    const index = PushIndex.open(directory)!;
    const record = { layer: blob, diffId: blob.digest, entries: 3, bytes: 40 };
    assert.equal(index.get("a"), undefined);
    index.set("a", record);
    assert.deepEqual(PushIndex.open(directory)!.get("a"), record);
    assert.equal(index.get("b"), undefined);
    const room = join(directory, "push");
    const path = join(room, names(room)[0]!);
    writeFileSync(path, readFileSync(path, "utf8").replace('"entries":3', '"entries":4'));
    assert.equal(index.get("a"), undefined, "row 75: an edited record is none");
    chmodSync(directory, 0o777);
    assert.equal(PushIndex.open(directory), undefined);
    return Promise.resolve();
  }));
