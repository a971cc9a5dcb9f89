import { test } from "node:test";
import assert from "node:assert/strict";
import { concat } from "../../bytes.ts";
import { createHash } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { withoutThreads } from "../../threads/pool.ts";
import type { Compression } from "../../options.ts";
import { cutsOf } from "../chunking/cutter.ts";
import { BATCH_BYTES, MEMBER_BYTES } from "./batch.ts";
import type { PackRunner } from "./crew.ts";
import type { InputEntry } from "../input/input.ts";
import type { PackedLayer } from "./layer_sink.ts";
import { Packer } from "./pack.ts";
import { packEntries } from "./pack_input.ts";
import type { TocEntry } from "../toc.ts";

/** A table of contents, as it stands in the layer. */
type Toc = { version: number; entries: TocEntry[] };

const here = withoutThreads();
const FORMATS = ["gzip", "zstd"] as const;

/** Bytes that compress neither well nor not at all, and that differ by seed. */
function content(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = (state >> 16) & 0x0f;
  }
  return bytes;
}

const files: InputEntry[] = [
  { path: "dir", type: "directory" },
  { path: "dir/empty", type: "file" },
  { path: "dir/link", type: "symlink", linkTarget: "empty" },
  ...Array.from({ length: 40 }, (_, i): InputEntry => ({
    path: `dir/small-${i}`,
    type: "file",
    mode: 0o600,
    content: content(i * 331, i + 1),
  })),
  { path: "exact", type: "file", content: content(BATCH_BYTES) },
  { path: "exact-two", type: "file", content: content(2 * BATCH_BYTES) },
  { path: "large", type: "file", content: content(2 * BATCH_BYTES + 5, 9) },
  { path: "medium", type: "file", content: content(MEMBER_BYTES) },
  { path: "one", type: "file", content: content(1) },
  { path: "one-hard", type: "hardlink", linkTarget: "one" },
  { path: "größe", type: "file", content: content(700, 5) },
];

interface Made extends PackedLayer {
  blob: Uint8Array<ArrayBuffer>;
}

async function make(
  entries: InputEntry[],
  compression: Compression,
  runner: PackRunner = here,
  batches = 3,
): Promise<Made> {
  const pieces: Uint8Array[] = [];
  // deno-lint-ignore require-await -- the contract is a promise
  const write = async (bytes: Uint8Array) => void pieces.push(bytes.slice());
  const packer = new Packer({ encoder: compression, runner, batches: () => batches, write });
  await packEntries(packer, entries, {});
  const layer = await packer.finish();
  const blob = concat(...pieces);
  assert.equal(blob.length, layer.size);
  return { ...layer, blob };
}

const sha256 = (bytes: Uint8Array | string) =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The table, found by the footer as containerd's readers find it. */
function tableOf(blob: Uint8Array, compression: Compression): { text: string; end: number } {
  if (compression === "gzip") {
    const footer = blob.subarray(-51);
    assert.equal(text(footer.subarray(32, 38)), "STARGZ");
    const at = parseInt(text(footer.subarray(16, 32)), 16);
    const member = gunzipSync(blob.subarray(at, -51));
    const size = parseInt(text(member.subarray(124, 135)), 8);
    assert.match(text(member.subarray(0, 100)), /^stargz\.index\.json\0/);
    return { text: text(member.subarray(512, 512 + size)), end: at };
  }
  const footer = new DataView(blob.buffer as ArrayBuffer, blob.length - 40);
  assert.equal(text(blob.subarray(-8)), "GnUlInUx");
  const at = Number(footer.getBigUint64(0, true));
  const packed = Number(footer.getBigUint64(8, true));
  assert.equal(footer.getBigUint64(24, true), 1n);
  const table = zstdDecompressSync(blob.subarray(at, at + packed));
  assert.equal(table.length, Number(footer.getBigUint64(16, true)));
  return { text: text(table), end: at - 8 };
}

/** The tar. One call of zstd gives one frame, so they are cut by what the table says. */
function tarOf(blob: Uint8Array, compression: Compression): Uint8Array {
  if (compression === "gzip") return gunzipSync(blob);
  const table = tableOf(blob, compression);
  const rows = (JSON.parse(table.text) as Toc).entries;
  const begins = [...new Set([0, ...rows.flatMap((row) => row.offset ?? [])])];
  begins.push(endFrame(blob, table.end));
  const ends = [...begins.slice(1), table.end];
  const frames = begins.map((at, i) => zstdDecompressSync(blob.subarray(at, ends[i])));
  return concat(...frames);
}

for (const format of FORMATS) {
  test(`${format}: every chunk is where the table says, and is what it says`, async () => {
    const { blob, digest, tocDigest, entries } = await make(files, format);
    assert.equal(sha256(blob), digest);
    const table = tableOf(blob, format);
    assert.equal(sha256(table.text), tocDigest);
    const toc = JSON.parse(table.text) as Toc;
    assert.equal(toc.version, 1);
    const rows = toc.entries.filter((row) => row.type !== "chunk");
    assert.equal(rows.length, entries);
    assert.deepEqual(
      rows.map((row) => row.name.replace(/\/$/, "")),
      files.map((file) => file.path),
    );

    const data = toc.entries.filter((row) => row.offset !== undefined);
    const ends = [...new Set(data.map((row) => row.offset!)), table.end];
    for (const file of files) {
      const bytes = file.content as Uint8Array | undefined ?? new Uint8Array(0);
      const index = toc.entries.findIndex((row) => row.name === file.path);
      if (file.type !== "file") continue;
      const chunks: TocEntry[] = [];
      for (let i = index; i === index || toc.entries[i]?.type === "chunk"; i++) {
        chunks.push(toc.entries[i]!);
      }
      assert.equal(chunks[0]!.digest, sha256(bytes));
      assert.equal(chunks[0]!.size ?? 0, bytes.length);
      if (bytes.length === 0) continue;
      let from = 0;
      for (const chunk of chunks) {
        assert.equal(chunk.chunkOffset ?? 0, from);
        const size = chunk.chunkSize ?? bytes.length - from;
        const end = ends[ends.indexOf(chunk.offset!) + 1]!;
        const packed = blob.subarray(chunk.offset!, end);
        const member = format === "gzip" ? gunzipSync(packed) : zstdDecompressSync(packed);
        const inner = chunk.innerOffset ?? 0;
        const got = member.subarray(inner, inner + size);
        assert.deepEqual(new Uint8Array(got), bytes.slice(from, from + size), file.path);
        assert.equal(chunk.chunkDigest, sha256(got));
        from += size;
      }
      assert.equal(from, bytes.length);
    }
  });

  test(`${format}: a member's first content begins with it, as containerd's reader needs`, async () => {
    const { blob } = await make(files, format);
    const seen = new Set<number>();
    const chunks = files.flatMap(({ path, content }) => {
      const ends = cutsOf((content ?? new Uint8Array(0)) as Uint8Array);
      return ends.length > 1 ? ends.map((_, i) => `${path} ${i > 0 ? ends[i - 1] : ""}`) : [];
    });
    for (const row of (JSON.parse(tableOf(blob, format).text) as Toc).entries) {
      if (row.offset === undefined) continue;
      assert.equal(row.innerOffset === undefined, !seen.has(row.offset), row.name);
      seen.add(row.offset);
      if (`${row.name} ${row.chunkOffset ?? ""}` !== chunks[0]) continue;
      // A chunk of a file that is cut is where the rule says, in a member of its own.
      chunks.shift();
      assert.equal(row.innerOffset, undefined, row.name);
    }
    assert.deepEqual(chunks, []);
    assert.ok(seen.size < 30, `${seen.size} members`);
  });

  test(`${format}: the DiffID is that of the tar, which ends as tars end`, async () => {
    const { blob, diffId } = await make(files, format);
    const tar = tarOf(blob, format);
    assert.equal(sha256(tar), diffId);
    assert.ok(tar.subarray(-1024).every((byte) => byte === 0));
  });

  test(`${format}: the bytes do not depend on the order in which batches are done`, async () => {
    const expected = await make(files, format);
    const held: (() => void)[] = [];
    let most = 0;
    const backwards: PackRunner = {
      run: (...job) =>
        here.run(...job).then((output) =>
          new Promise((resolve) => most = Math.max(most, held.push(() => resolve(output))))
        ),
    };
    let settled = false;
    const making = make(files, format, backwards).finally(() => settled = true);
    for (let turns = 0; !settled; turns++) {
      await new Promise((resolve) => setTimeout(resolve));
      // All that there may be at a time, or what is left at the end.
      if (held.length < 3 && turns < 50) continue;
      turns = 0;
      for (const release of held.splice(0).reverse()) release();
    }
    const { blob, digest } = await making;
    assert.equal(most, 3);
    assert.equal(digest, expected.digest);
    assert.deepEqual(blob, expected.blob);
  });

  test(`${format}: nothing at all is an archive too`, async () => {
    const { blob, entries } = await make([], format);
    assert.equal(entries, 0);
    assert.deepEqual(JSON.parse(tableOf(blob, format).text), { version: 1, entries: [] });
  });
}

/** Where the frame begins that holds the archive's end: zstd's last before `end`. */
function endFrame(blob: Uint8Array, end: number): number {
  for (let at = end - 4; at >= 0; at--) {
    const magic = blob[at] === 0x28 && blob[at + 1] === 0xb5 && blob[at + 2] === 0x2f &&
      blob[at + 3] === 0xfd;
    if (magic) return at;
  }
  return assert.fail("no frame");
}

test("no more batches exist than were asked for, while writing is slow", async () => {
  const many = Array.from({ length: 12 }, (_, i): InputEntry => ({
    path: `f${String(i).padStart(2, "0")}`,
    type: "file",
    content: content(BATCH_BYTES - 1024, i),
  }));
  let given = 0;
  const counting: PackRunner = {
    run: (...job) => {
      given++;
      return here.run(...job);
    },
  };
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const write = () => gate;
  const packer = new Packer({ encoder: "gzip", runner: counting, batches: () => 3, write });
  const packing = packEntries(packer, many, {}).then(() => packer.finish());
  // Everything that can run without a write has run once the thread has been free a few times.
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(given, 3);
  release();
  assert.equal((await packing).entries, many.length);
  assert.ok(given > 10, `${given} batches`);
});

test("content that is shorter or longer than its size fails by name", async () => {
  const stream = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(content(size));
        controller.close();
      },
    });
  for (const size of [9, 11]) {
    const entries: InputEntry[] = [{ path: "f", type: "file", size: 10, content: stream(size) }];
    await assert.rejects(make(entries, "gzip"), { code: "source-changed", message: /"f"/ });
  }
});

test("content gives the same bytes from memory, a stream and an iterable", async () => {
  const bytes = content(BATCH_BYTES + 4321, 3);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001);
    yield new Uint8Array(0);
  };
  const size = bytes.length;
  const stream = ReadableStream.from(pieces()) as ReadableStream<Uint8Array>;
  const digests = [];
  for (const one of [{ content: bytes }, { size, content: pieces() }, { size, content: stream }]) {
    digests.push((await make([{ path: "f", type: "file", ...one }], "gzip")).digest);
  }
  assert.equal(new Set(digests).size, 1);
});

test("entries that make no sense are refused", async () => {
  const refused: InputEntry[] = [
    { path: "f", type: "file", content: (async function* () {})() },
    { path: "f", type: "file", size: 3, content: content(4) },
    { path: "f", type: "file", size: -1 },
    { path: "d", type: "directory", size: 1, content: content(1) },
    { path: "l", type: "symlink" },
    { path: "f", type: "file", linkTarget: "x" },
  ];
  for (const entry of refused) {
    await assert.rejects(make([entry], "gzip"), { code: "invalid-option" }, entry.path);
  }
  await assert.rejects(make([{ path: "../f", type: "file" }], "gzip"), { code: "path-traversal" });
});

test("an error of the writer or a worker is the packer's", async () => {
  const failing = (write: () => Promise<void>, runner: PackRunner = here) => {
    const packer = new Packer({ encoder: "gzip", runner, batches: () => 2, write });
    return packEntries(packer, files, {}).then(() => packer.finish());
  };
  await assert.rejects(failing(() => Promise.reject(new Error("disk"))), /disk/);
  const broken: PackRunner = { run: () => Promise.reject(new Error("worker")) };
  await assert.rejects(failing(() => Promise.resolve(), broken), /worker/);
});
