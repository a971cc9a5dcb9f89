import assert from "node:assert/strict";
import { test } from "node:test";
import { computeDigest, digestOf } from "./digest.ts";

test("bytes that are hashed by another thread may be given away at once", async () => {
  for (let times = 0; times < 5; times++) {
    const bytes = new Uint8Array(4 << 20).fill(times);
    const expected = digestOf(bytes);
    const hashing = computeDigest(bytes);
    bytes.fill(255);
    bytes.buffer.transfer(0);
    assert.equal(await hashing, expected);
  }
});
