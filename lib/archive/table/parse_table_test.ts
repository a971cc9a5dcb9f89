import { test } from "node:test";
import assert from "node:assert/strict";
import { chunksOf } from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import { listedBudget, parseTable } from "./parse_table.ts";

const digest = digestOf("x");
const file = { name: "f", type: "reg", size: 1, offset: 0, digest, chunkDigest: digest };
const parse = (entries: unknown, rest: object = {}, end = 1000) =>
  parseTable(new TextEncoder().encode(JSON.stringify({ version: 1, entries, ...rest })), end);
const text = (json: string) => parseTable(new TextEncoder().encode(json), 1000);
const invalid = { code: "invalid-archive" };

test("rows arrive with their chunks, in order, whatever white space is between them", async () => {
  const json = ` { "entries" : [ ${JSON.stringify(file)} ,\n ${
    JSON.stringify({ name: "d/", type: "dir", mode: 0o40755, modtime: "2026-01-02T03:04:05Z" })
  } ] , "version" : 1 } \n`;
  const table = await text(json);
  const { members } = table;
  assert.deepEqual([table.entry(0), table.entry(1)], [
    { path: "f", type: "file", size: 1, mode: 0, mtime: 0 },
    { path: "d", type: "directory", size: 0, mode: 0o755, mtime: 1767323045 },
  ]);
  assert.equal(table.length, 2);
  assert.deepEqual(chunksOf(table.row(0)), [{ member: 0, inner: 0, at: 0, size: 1, digest }]);
  assert.deepEqual(members, [0]);
});

test("a table of many rows is read in batches and is the same", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    ...file,
    name: `dir "${i}" \\ ]},{[ ü`.replaceAll("\\", "_"),
    offset: i,
  }));
  const parsed = await parse(rows, {}, 3000);
  assert.deepEqual(parsed.names, rows.map(({ name }) => name));
});

for (
  const [what, json] of Object.entries({
    "no JSON": "hello",
    "empty": "",
    "an array": "[]",
    "null": "null",
    "cut off": '{"version":1,"entries":[{"name":"a"',
    "with an open string": '{"version":1,"entries":[{"name":"a',
    "with something behind it": '{"version":1,"entries":[]} x',
    "without entries": '{"version":1}',
    "with entries twice": '{"version":1,"entries":[],"entries":[]}',
    "with entries that are no array": '{"version":1,"entries":{}}',
    "with a comma too many": '{"version":1,"entries":[{"name":"a","type":"dir"},]}',
    "with no comma": '{"version":1,"entries":[{} {}]}',
    "of version 2": '{"version":2,"entries":[]}',
    'of version "1"': '{"version":"1","entries":[]}',
    "without a version": '{"entries":[]}',
    "with an entry that is a number": '{"version":1,"entries":[1]}',
    "with an entry without a name": '{"version":1,"entries":[{"type":"dir"}]}',
  })
) {
  test(`a table that is ${what} is refused`, async () => {
    await assert.rejects(text(json), invalid);
  });
}

for (
  const [what, rows] of Object.entries({
    "size 2^63": [{ ...file, size: 2 ** 63 }],
    "a negative size": [{ ...file, size: -1 }],
    "a size that is text": [{ ...file, size: "1" }],
    "chunkSize 1 and a huge size": [{ ...file, size: 1e12, chunkSize: 1 }],
    "chunkSize larger than the size": [{ ...file, chunkSize: 2 }],
    "a chunk larger than memory": [{ ...file, size: 1e12 }],
    "an innerOffset larger than memory": [{ ...file, innerOffset: 2 ** 40 }],
    "an offset behind the content": [{ ...file, offset: 1000 }],
    "a fractional offset": [{ ...file, offset: 0.5 }],
    "the same bytes for two files": [file, { ...file, name: "g" }],
    "offsets that go back": [{ ...file, offset: 10 }, { ...file, name: "g", offset: 5 }],
    "a chunk without a file": [{ ...file, type: "chunk" }],
    "a chunk of another file": [{ ...file, size: 2, chunkSize: 1 }, {
      ...file,
      type: "chunk",
      name: "g",
      offset: 5,
      chunkOffset: 1,
    }],
    "a chunk behind the file's end": [file, {
      ...file,
      type: "chunk",
      offset: 5,
      chunkOffset: 1,
      chunkSize: 1,
    }],
    "a gap between chunks": [{ ...file, size: 3, chunkSize: 1 }, {
      ...file,
      type: "chunk",
      offset: 5,
      chunkOffset: 2,
    }],
    "chunks that are missing": [{ ...file, size: 3, chunkSize: 1 }, { name: "g", type: "dir" }],
    "a device with content": [{ name: "null", type: "char", size: 5 }],
    "a file without a name": [{ ...file, name: "" }],
    "an unknown type": [{ name: "x", type: "whatever" }],
    "a link without a target": [{ name: "x", type: "symlink" }],
    "a directory with content": [{ name: "x", type: "dir", size: 5 }],
    "a type without a text": [{ name: "x", type: { toString: 1 } }],
    "a size without a text": [{ ...file, size: { toString: 1 } }],
    "a time without a text": [{ name: "x", type: "dir", modtime: { toString: 1 } }],
    "a time that is none": [{ name: "x", type: "dir", modtime: "yesterday" }],
  })
) {
  test(`a table with ${what} is refused`, async () => {
    await assert.rejects(parse(rows), invalid);
  });
}

test("names in a table are checked as those in a tar", async () => {
  for (const name of ["../x", "/../x", "a/../../x", "C:x", "/C:x"]) {
    await assert.rejects(parse([{ ...file, name }]), { code: "path-traversal" });
  }
  await assert.rejects(parse([{ name: "h", type: "hardlink", linkName: "../x" }]), {
    code: "path-traversal",
  });
});

test("a chunkDigest that is missing or malformed is refused", async () => {
  const { digest: _, chunkDigest: __, ...bare } = file;
  for (const row of [bare, { ...bare, chunkDigest: "sha256:12" }, { ...bare, digest: "md5:1" }]) {
    await assert.rejects(parse([row]), { code: "integrity" });
  }
  await parse([{ ...bare, digest }]); // one chunk: its digest is the file's
});

test("two digests for the same bytes are refused", async () => {
  await assert.rejects(parse([{ ...file, digest: digestOf("y") }]), { code: "integrity" });
});

test("a table of more entries than allowed is given up early", async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => ({ name: `d${i}`, type: "dir" }));
  const bytes = new TextEncoder().encode(JSON.stringify({ version: 1, entries: rows }));
  await assert.rejects(parseTable(bytes, 0, { budget: listedBudget(1999) }), { code: "limit" });
  assert.equal((await parseTable(bytes, 0, { budget: listedBudget(2000) })).length, 2000);
});

test("among many digests the one that is none is named", async () => {
  for (const wrong of [digest.toUpperCase(), digest.replace(/.$/, "g"), ` ${digest.slice(1)}`]) {
    const rows = Array.from({ length: 500 }, (_, i) => {
      const own = i === 321 ? wrong : digest;
      return { ...file, name: `f${i}`, offset: i, digest: own, chunkDigest: own };
    });
    await assert.rejects(parse(rows), { code: "integrity", message: /chunkDigest of "f321"/ });
  }
});
