import { test } from "node:test";
import assert from "node:assert/strict";
import type { Entry } from "../entry.ts";
import { BLOCK, checksumOf, FIELD } from "./tar_layout.ts";
import { MAX_HEADER_BYTES, writeHeader } from "./write_header.ts";

const plain: Entry = { path: "a/b.txt", type: "file", size: 10, mode: 0o644, mtime: 7 };

function written(entry: Entry): Uint8Array {
  const buffer = new Uint8Array(MAX_HEADER_BYTES + 100).fill(0xaa);
  const end = writeHeader(entry, buffer, 100);
  assert.ok(end - 100 <= MAX_HEADER_BYTES);
  assert.equal((end - 100) % BLOCK, 0);
  return buffer.slice(100, end);
}

function field(header: Uint8Array, name: keyof typeof FIELD): string {
  const { at, size } = FIELD[name];
  const bytes = header.subarray(at, at + size);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The records of the pax header in front, and the header behind it. */
function parts(headers: Uint8Array): { records: string; header: Uint8Array } {
  assert.equal(field(headers, "type"), "x");
  const size = parseInt(field(headers, "size"), 8);
  const records = new TextDecoder().decode(headers.subarray(BLOCK, BLOCK + size));
  assert.deepEqual(
    headers.subarray(BLOCK + size, headers.length - BLOCK).filter((byte) => byte !== 0).length,
    0,
  );
  return { records, header: headers.subarray(headers.length - BLOCK) };
}

test("a header is ustar, without an owner", () => {
  const header = written(plain);
  assert.equal(header.length, BLOCK);
  assert.equal(field(header, "name"), "a/b.txt");
  assert.equal(field(header, "mode"), "0000644");
  assert.equal(field(header, "uid"), "0000000");
  assert.equal(field(header, "gid"), "0000000");
  assert.equal(field(header, "size"), "00000000012");
  assert.equal(field(header, "mtime"), "00000000007");
  assert.equal(field(header, "type"), "0");
  assert.equal(field(header, "magic"), "ustar");
  assert.equal(field(header, "version"), "00");
  assert.equal(field(header, "userName"), "");
  assert.equal(parseInt(field(header, "checksum"), 8), checksumOf(header, 0));
});

test("directories end in a slash, links name their target, modes are masked", () => {
  const directory = written({ ...plain, type: "directory", path: "d", size: 0, mode: 0o7755 });
  assert.equal(field(directory, "name"), "d/");
  assert.equal(field(directory, "mode"), "0000755");
  assert.equal(field(directory, "type"), "5");
  const link = written({ ...plain, type: "symlink", size: 0, linkTarget: "../x" });
  assert.equal(field(link, "type"), "2");
  assert.equal(field(link, "link"), "../x");
  const hard = written({ ...plain, type: "hardlink", size: 0, linkTarget: "x" });
  assert.equal(field(hard, "type"), "1");
});

test("a name of 100 bytes fits, one of 101 or with other letters goes into a pax record", () => {
  assert.equal(written({ ...plain, path: "x".repeat(100) }).length, BLOCK);
  for (const path of ["x".repeat(101), "grüße-日本語", `d/${"é".repeat(100)}`]) {
    const { records, header } = parts(written({ ...plain, path }));
    const length = new TextEncoder().encode(records).length;
    assert.equal(records, `${length} path=${path}\n`);
    assert.match(field(header, "name"), /^[\x20-\x7e]{1,100}$/);
    assert.equal(field(header, "size"), "00000000012");
  }
});

test("a record's length counts its own digits, at 99 and 100 too", () => {
  for (let size = 101; size < 1100; size++) {
    const { records } = parts(written({ ...plain, path: "x".repeat(size) }));
    assert.equal(records.length, parseInt(records, 10));
  }
});

test("a file over 8 GiB and times beyond the field go into pax records, in order", () => {
  const big = parts(written({ ...plain, size: 8 * 2 ** 30, mtime: -1 }));
  assert.equal(big.records, "12 mtime=-1\n19 size=8589934592\n");
  assert.equal(field(big.header, "size"), "00000000000");
  assert.equal(field(big.header, "mtime"), "00000000000");
  assert.equal(written({ ...plain, size: 8 * 2 ** 30 - 1 }).length, BLOCK);
});

test("the longest path and target have room", () => {
  const long = "é".repeat(2047) + "ab";
  written({ ...plain, type: "symlink", size: 0, path: long, linkTarget: long, mtime: 2 ** 40 });
});
