import { test } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { Compressor, packedBound } from "./compress.ts";

const texts = ["", "a", "hello ".repeat(50000)].map((text) => new TextEncoder().encode(text));
const inputs = [...texts, new Uint8Array(randomBytes(300_000)), new Uint8Array(1_000_000)];
const plainOf = {
  gzip: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes)),
  zstd: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes)),
};

for (const compression of ["gzip", "zstd"] as const) {
  test(`${compression}: members are whole, independent, and the same each time`, () => {
    const compressor = new Compressor(compression);
    const size = inputs.reduce((sum, input) => sum + input.length, 0);
    const output = new Uint8Array(2 * packedBound(size, inputs.length) + 7);
    let at = 7;
    for (const input of [...inputs, ...inputs]) {
      const end = compressor.member(input, output, at);
      assert.ok(end - at <= packedBound(input.length, 1));
      assert.deepEqual(plainOf[compression](output.slice(at, end)), input);
      const alone = new Uint8Array(packedBound(input.length, 1));
      const aloneEnd = new Compressor(compression).member(input, alone, 0);
      assert.deepEqual(output.slice(at, end), alone.slice(0, aloneEnd));
      at = end;
    }
  });

  test(`${compression}: a stream is one member, however it is cut`, () => {
    const compressor = new Compressor(compression);
    const whole = Uint8Array.from(inputs.flatMap((input) => [...input.subarray(0, 200_000)]));
    for (const cut of [whole.length, 100_000, 4097]) {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < whole.length; i += cut) parts.push(whole.subarray(i, i + cut));
      const pieces = [...compressor.stream(parts)].length;
      assert.ok(pieces > 1);
      const packed: number[] = [];
      for (const piece of compressor.stream(parts)) packed.push(...piece);
      assert.deepEqual(plainOf[compression](Uint8Array.from(packed)), whole);
    }
  });

  test(`${compression}: too little room is an error, not a broken member`, () => {
    const compressor = new Compressor(compression);
    assert.throws(() => compressor.member(inputs[3]!, new Uint8Array(1000), 0), {
      code: "unexpected",
    });
    const output = new Uint8Array(1000);
    const end = compressor.member(inputs[1]!, output, 0);
    assert.deepEqual(plainOf[compression](output.slice(0, end)), inputs[1]);
  });
}

test("a gzip header tells no time, name, level or system", () => {
  const output = new Uint8Array(100);
  new Compressor("gzip").member(inputs[1]!, output, 0);
  assert.deepEqual([...output.slice(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
});
