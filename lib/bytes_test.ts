import { test } from "node:test";
import assert from "node:assert/strict";
import { concat, fromBase64, fromBase64Url, fromHex, sameBytes, toBase64, toHex } from "./bytes.ts";

test("base64 of many bytes goes there and back", () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i * 7);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.equal(fromBase64("a*"), undefined);
  assert.deepEqual(fromBase64Url("_-8"), new Uint8Array([255, 239]));
  assert.equal(fromBase64Url("/w"), undefined);
});

test("hexadecimal is of whole octets", () => {
  assert.equal(toHex(fromHex("00fF")!), "00ff");
  assert.equal(fromHex("0"), undefined);
  assert.equal(fromHex("0x"), undefined);
});

test("bytes are the same when they are as many and each is", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  assert.ok(sameBytes(bytes, concat(bytes.subarray(0, 1), bytes.subarray(1))));
  assert.ok(sameBytes(new Uint8Array(), new Uint8Array()));
  assert.ok(!sameBytes(bytes, new Uint8Array([1, 2, 4])));
  assert.ok(!sameBytes(bytes, new Uint8Array([1, 2])));
  assert.ok(!sameBytes(new Uint8Array([1, 2]), bytes));
  assert.ok(!sameBytes(undefined, new Uint8Array()));
});
