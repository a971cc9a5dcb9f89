import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { concat } from "../../bytes.ts";
import { digestOf, hexOf } from "../../digest.ts";
import { FilePartsWriter } from "./file_parts.ts";
import { unpackJob } from "./unpack_job.ts";

const root = mkdtempSync(join(tmpdir(), "blobber-unpack-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** Parts of files by their places, each in a member of its own, in the order in which they come. */
function unpack(parts: [path: string, at: number, text: string][], spoilt = -1): void {
  const writer = new FilePartsWriter();
  const members = parts.map(([path, at, text], segment) => {
    const bytes = new TextEncoder().encode(text);
    const hex = hexOf(digestOf(bytes));
    writer.add({ segment, inner: 0, size: bytes.length, hex, path, at, mode: 0o644, mtime: 0 });
    return new Uint8Array(gzipSync(segment === spoilt ? bytes.map((it) => it ^ 1) : bytes));
  });
  let end = 0;
  const ends = members.map(({ length }) => end += length);
  const packed = concat(...members).buffer;
  const plain = new ArrayBuffer(1024);
  unpackJob({ root, umask: 0o022, format: "gzip", packed, ends, plain, files: writer.parts() }, []);
}

test("parts of files come to their places, whether they follow each other or not", () => {
  for (const path of ["a", "b"]) writeFileSync(join(root, path), "");
  unpack([
    ["a", 0, "one "],
    ["a", 4, "two "],
    ["b", 6, "behind"],
    ["b", 0, "before"],
    ["a", 8, "three "],
    ["a", 20, "far"],
    ["a", 14, "filled"],
  ]);
  assert.equal(readFileSync(join(root, "a"), "utf8"), "one two three filledfar");
  assert.equal(readFileSync(join(root, "b"), "utf8"), "beforebehind");
});

test("a part that is not what the table says is refused, and no byte of it is written", () => {
  writeFileSync(join(root, "c"), "");
  assert.throws(() => unpack([["c", 0, "right"], ["c", 5, "wrong"]], 1), { code: "integrity" });
  assert.ok(["", "right"].includes(readFileSync(join(root, "c"), "utf8")));
});
