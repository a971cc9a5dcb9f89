import assert from "node:assert/strict";
import { test } from "node:test";
import { blobOf, read, storeSuite, writeBlob } from "../../tests/fakes/store_suite.ts";
import { MemoryStore } from "./memory_store.ts";

storeSuite("memory", () => Promise.resolve({ store: new MemoryStore(), dispose: () => {} }));

test("a blob is mounted from another store in memory, and from nothing else", async () => {
  const one = new MemoryStore("one");
  const two = new MemoryStore("two");
  const blob = blobOf("mounted");
  assert.equal(await two.mount(blob, one), false);
  await writeBlob(one, blob, "mounted");
  assert.equal(await two.mount(blob, {}), false);
  assert.equal(await two.mount(blob, one), true);
  assert.equal(await read(two, blob), "mounted");
});
