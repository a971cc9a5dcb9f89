import { test } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { type Kind, kindOf } from "./content_kind.ts";

const noise = (size: number) => new Uint8Array(randomBytes(size));
const text = (line: string) => new TextEncoder().encode(line.repeat(4000));
const numbers = (count: number, of: (i: number) => number) =>
  new Uint8Array(Uint32Array.from({ length: count }, (_, i) => of(i)).buffer);

/** Small files as they stand in a tar: a header, the content, zeros up to the next block. */
function tarOf(count: number): Uint8Array {
  const tar = new Uint8Array(count * 1024);
  const content = new TextEncoder().encode("package main // import\n".repeat(20));
  for (let i = 0; i < count; i++) tar.set(content, i * 1024 + 512);
  return tar;
}

const samples: [name: string, bytes: Uint8Array, expected: Kind][] = [
  ["nothing", new Uint8Array(0), "text"],
  ["zeros", new Uint8Array(100_000), "text"],
  ["text", text("func main() {\n\treturn\r\n}\n"), "text"],
  ["text in other scripts", text("Привет, мир: 你好，世界\n"), "text"],
  ["small files in a tar", tarOf(200), "text"],
  ["counters", numbers(50_000, (i) => i * 77), "binary"],
  // At an even step the noise alone would be seen.
  ["numbers of 23 bits", numbers(128 * 1024, (i) => i * 2_654_435_761 % 2 ** 23), "binary"],
  ["noise", noise(64 * 1024), "random"],
  ["much noise", noise(700_000), "random"],
  ["what was compressed", deflateRawSync(randomBytes(200_000).toString("hex")), "random"],
  ["too little to tell", noise(500), "binary"],
];

for (const [name, bytes, expected] of samples) {
  test(`${name}: ${expected}`, () => assert.equal(kindOf(bytes), expected));
}
