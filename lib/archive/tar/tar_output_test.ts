import { test } from "node:test";
import assert from "node:assert/strict";
import type { Entry } from "../entry.ts";
import { TarOutput } from "./tar_output.ts";
import { TarReader } from "./tar_reader.ts";

/** What a tar is whose entries have this content, in one piece, and how it was handed on. */
async function written(entries: [Entry, Uint8Array<ArrayBuffer>[]][]) {
  const parts: Uint8Array[] = [];
  const tar = new TarOutput((bytes) => Promise.resolve(void parts.push(bytes)));
  for (const [entry, content] of entries) {
    await tar.entry(entry);
    for (const bytes of content) await tar.content(bytes);
  }
  await tar.end();
  return parts;
}

function file(path: string, size: number): Entry {
  return { path, type: "file", size, mode: 0o644, mtime: 1 };
}

const name = (length: number) => `${"d".repeat(200)}/`.repeat(30).slice(0, length - 1) + "f";

test("what is written is read as it was: long names, other letters, sizes of every kind", async () => {
  const entries: [Entry, Uint8Array<ArrayBuffer>[]][] = [
    [file("a", 0), []],
    ...[1, 511, 512, 513, 70_000, 300_000].map((size): [Entry, Uint8Array<ArrayBuffer>[]] => [
      file(`size-${size}`, size),
      [new Uint8Array(size - 1).fill(1), new Uint8Array(1).fill(2)],
    ]),
    ...[99, 100, 101, 255, 256, 4096].map((length): [Entry, Uint8Array<ArrayBuffer>[]] => [
      file(name(length), 1),
      [new Uint8Array([7])],
    ]),
    [file("grüße/日本", 1), [new Uint8Array([7])]],
    [{ ...file("dir", 0), type: "directory" }, []],
    [{ ...file("link", 0), type: "symlink", linkTarget: name(300) }, []],
    [{ ...file("hard", 0), type: "hardlink", linkTarget: name(101) }, []],
  ];
  const parts = await written(entries);
  const read: Entry[] = [];
  let bytes = 0;
  const reader = new TarReader({
    entry: (entry) => void read.push(entry),
    data: (part) => void (bytes += part.length),
    fileEnd() {},
  });
  for (const part of parts) reader.write(part);
  assert.ok(reader.end());
  assert.deepEqual(
    read.map((one) => ({ ...one })),
    entries.map(([one]) => one),
  );
  assert.equal(bytes, entries.reduce((sum, [{ size }]) => sum + size, 0));
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  assert.equal(total % 512, 0);
  assert.ok(parts.length < 10); // small things are put together
});

test("a file of more than 8 GiB has its size in a pax record", async () => {
  const parts: Uint8Array[] = [];
  const tar = new TarOutput((bytes) => Promise.resolve(void parts.push(bytes)));
  const size = 9 * 1024 ** 3;
  await tar.entry(file("large", size));
  await tar.content(new Uint8Array(512 * 1024)); // more than is put together
  const read: Entry[] = [];
  const reader = new TarReader({
    entry: (entry) => void read.push(entry),
    data() {},
    fileEnd() {},
  });
  reader.write(parts[0]!);
  assert.deepEqual(read.map((one) => one.size), [size]);
});
