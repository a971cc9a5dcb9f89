import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { inflateWhole } from "./inflate_whole.ts";

const text = new TextEncoder().encode("what is written here ".repeat(20_000));
const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const one = new Uint8Array(gzipSync(text));
const invalid = { code: "invalid-archive" };

test("one member, several, and frames come out whole, whatever was guessed", async () => {
  for (const room of [1, text.length, 10 * text.length]) {
    for (const withNode of [false, true]) {
      const options = { room, most: text.length + 1, withNode };
      assert.deepEqual(await inflateWhole("gzip", one, options), text);
    }
    const two = await inflateWhole("gzip", joined(one, one), { room, most: 2 * text.length + 1 });
    assert.deepEqual(two, joined(text, text));
    const frames = joined(zstdCompressSync(text), zstdCompressSync(text));
    assert.deepEqual(await inflateWhole("zstd", frames, { room, most: 2 * text.length + 1 }), two);
  }
});

test("more than is allowed is refused before it is in memory", async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(64 << 20)));
  await assert.rejects(inflateWhole("gzip", bomb, { room: 1, most: 1 << 20 }), { code: "limit" });
});

test("what is cut off, followed by something or broken is refused", async () => {
  await assert.rejects(
    inflateWhole("gzip", one.subarray(0, -9), { room: 1, most: 1 << 20 }),
    invalid,
  );
  await assert.rejects(
    inflateWhole("gzip", one.subarray(0, 40), { room: 1, most: 1 << 20 }),
    invalid,
  );
  await assert.rejects(
    inflateWhole("gzip", one.subarray(0, 5), { room: 1, most: 1 << 20 }),
    invalid,
  );
  await assert.rejects(
    inflateWhole("gzip", joined(one, text), { room: 1, most: 1 << 20 }),
    invalid,
  );
  await assert.rejects(inflateWhole("gzip", text, { room: 1, most: 1 << 20 }), invalid);
  const broken = one.slice();
  broken.fill(0xff, 12, 30);
  await assert.rejects(inflateWhole("gzip", broken, { room: 1, most: 1 << 20 }), invalid);
});
