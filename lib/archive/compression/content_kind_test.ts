import { test } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
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

/** Noise with a name every so often, as in an archive of small files. */
function archive(): Uint8Array {
  const bytes = noise(200_000);
  const name = new TextEncoder().encode("META-INF/org/example/Thing.class");
  for (let at = 0; at < bytes.length; at += 500) bytes.set(name, at);
  return bytes;
}

const samples: [name: string, bytes: Uint8Array, expected: Kind][] = [
  ["nothing", new Uint8Array(0), "text"],
  ["zeros", new Uint8Array(100_000), "text"],
  ["text", text("func main() {\n\treturn\r\n}\n"), "text"],
  ["text in other scripts", text("Привет, мир: 你好，世界\n"), "text"],
  ["small files in a tar", tarOf(200), "text"],
  ["counters", numbers(50_000, (i) => i * 77), "binary"],
  // At an even step only one of the four bytes would be seen.
  ["numbers that begin with a letter", numbers(50_000, (i) => 0x41 + 2 ** 16 * (i % 7)), "binary"],
  ["numbers of 23 bits", numbers(128 * 1024, (i) => i * 2_654_435_761 % 2 ** 23), "binary"],
  ["noise", noise(64 * 1024), "random"],
  ["much noise", noise(700_000), "random"],
  ["compressed files with names between", archive(), "binary"],
  ["too little to tell", noise(500), "binary"],
];

for (const [name, bytes, expected] of samples) {
  test(`${name}: ${expected}`, () => assert.equal(kindOf(bytes), expected));
}
