import { after, test } from "node:test";
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { tarOf } from "../../../tests/fakes/tar.ts";
import { concat } from "../../bytes.ts";
import { ThreadPool, withoutThreads } from "../../threads/pool.ts";
import { chunkRuleOf, WHOLE_FILE_BYTES } from "../chunking/chunk_rule.ts";
import { cutsOf } from "../chunking/cutter.ts";
import type { Encoder } from "../compression/encoder.ts";
import { walk } from "../input/walk.ts";
import type { TocEntry } from "../toc.ts";
import { BATCH_BYTES } from "./batch.ts";
import type { PackRunner } from "./crew.ts";
import type { PackedLayer } from "./layer_sink.ts";
import { Packer } from "./pack.ts";
import { type EntrySink, packDirectory, packEntries, packTar } from "./pack_input.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-large-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Text whose lines are all different. */
function lines(size: number): Uint8Array<ArrayBuffer> {
  let text = "";
  for (let i = 0; text.length < size; i++) text += `${Math.imul(i, 2654435761) >>> 0} of them\n`;
  return new TextEncoder().encode(text.slice(0, size));
}

interface Made extends PackedLayer {
  blob: Uint8Array<ArrayBuffer>;
}

async function make(
  feed: (sink: EntrySink) => Promise<unknown>,
  encoder: Encoder = "gzip",
  runner: PackRunner = withoutThreads(),
): Promise<Made> {
  const pieces: Uint8Array[] = [];
  // deno-lint-ignore require-await -- the contract is a promise
  const write = async (bytes: Uint8Array) => void pieces.push(bytes.slice());
  const packer = new Packer({ encoder, runner, batches: () => 4, write });
  try {
    await feed(packer);
    const layer = await packer.finish();
    return { ...layer, blob: concat(...pieces) };
  } finally {
    await packer.settle();
  }
}

const one = (content: Uint8Array, encoder?: Encoder) =>
  make((sink) => packEntries(sink, [{ path: "f", type: "file", content }], {}), encoder);

/** The rows of one file's chunks. */
function chunksOf({ blob, tocOffset }: Made): TocEntry[] {
  const member = gunzipSync(blob.subarray(tocOffset, -51));
  const text = new TextDecoder().decode(member.subarray(512)).replace(/\0+$/, "");
  return (JSON.parse(text) as { entries: TocEntry[] }).entries;
}

/** Files on both sides of what is cut, and of what a batch has room for. */
const FILES: [path: string, content: Uint8Array<ArrayBuffer>][] = [
  ["a-small", lines(1000)],
  ["b-whole", lines(WHOLE_FILE_BYTES)],
  ["c-cut", lines(WHOLE_FILE_BYTES + 1)],
  ["d-small", lines(70_000)],
  ["e-large", lines(2_345_678)],
  ["f-large", lines(1_500_000)],
  ["g-zeros", new Uint8Array(17 * 1024 * 1024)],
  ["h-small", lines(5)],
];

test("a directory, a tar and entries give the same bytes, with any number of threads", async () => {
  const root = mkdtempSync(join(scratch, "tree-"));
  for (const [path, content] of FILES) writeFileSync(join(root, path), content, { mode: 0o644 });
  const tar = tarOf(...FILES.map(([name, data]) => ({ name, data })));
  const inPieces = async function* (content: Uint8Array<ArrayBuffer>) {
    for (let at = 0; at < content.length; at += 99_991) yield content.subarray(at, at + 99_991);
  };
  const entries = FILES.map(([path, content]) => ({
    ...{ path, type: "file" as const, mode: 0o644 },
    ...{ size: content.length, content: inPieces(content) },
  }));
  const inputs = {
    directory: (sink: EntrySink) => packDirectory(sink, walk(root), {}),
    tar: (sink: EntrySink) => packTar(sink, new Response(tar).body!, {}),
    entries: (sink: EntrySink) =>
      packEntries(sink, entries.map((it, i) => ({ ...it, content: inPieces(FILES[i]![1]) })), {}),
  };
  for (const encoder of ["gzip", "zstd"] as const) {
    const { blob: _, ...expected } = await make(inputs.directory, encoder);
    assert.ok(expected.isCut);
    for (const [name, feed] of Object.entries(inputs)) {
      const { blob: _, ...alone } = await make(feed, encoder);
      assert.deepEqual(alone, expected, `${encoder}, ${name}`);
    }
    for (const threads of [1, 2, 3]) {
      const pool = new ThreadPool({ jobs: threads + 1 });
      try {
        const { blob: _, ...layer } = await make(inputs.directory, encoder, pool.enter());
        assert.deepEqual(layer, expected, `${encoder}, ${threads} threads`);
      } finally {
        await pool.close();
      }
    }
  }
});

test("chunks are those of the rule, and each is where its row says", async () => {
  for (const [path, content] of FILES) {
    const made = await one(content);
    const rows = chunksOf(made);
    const begins = rows.map(({ chunkOffset = 0 }) => chunkOffset);
    assert.deepEqual([...begins.slice(1), content.length], cutsOf(content), path);
    assert.equal(made.isCut, rows.length > 1);
  }
});

test("a line at the beginning of a large text changes two chunks at the most", async () => {
  const content = lines(9_000_000);
  const before = new Set(chunksOf(await one(content)).map((row) => row.chunkDigest));
  const line = new TextEncoder().encode("a line that was not there\n");
  const after = chunksOf(await one(concat(line, content)));
  const changed = after.filter((row) => !before.has(row.chunkDigest)).length;
  assert.ok(changed >= 1 && changed <= 2, `${changed} of ${after.length}`);
  assert.ok(after.length > 100, `${after.length}`);
});

test("content in which no place is an end is cut at the largest chunk, which fills a batch", async () => {
  const size = 65 * 1024 * 1024;
  assert.equal(chunkRuleOf(size)!.largest, BATCH_BYTES);
  const rows = chunksOf(await one(new Uint8Array(size)));
  assert.equal(rows.length, size / BATCH_BYTES);
  assert.deepEqual(new Set(rows.slice(0, -1).map((row) => row.chunkSize)), new Set([BATCH_BYTES]));
});

test("a large file that changes while it is read is not packed", async () => {
  const root = mkdtempSync(join(scratch, "changing-"));
  const file = join(root, "f");
  writeFileSync(file, lines(3_000_000));
  const packer = (onWrite: () => void) =>
    new Packer({
      encoder: "gzip",
      runner: withoutThreads(),
      batches: () => 2,
      // deno-lint-ignore require-await -- the contract is a promise
      write: async () => onWrite(),
    });
  let written = 0;
  const changes = packer(() => {
    if (written++ === 0) appendFileSync(file, "more");
  });
  await assert.rejects(packDirectory(changes, walk(root), {}), {
    code: "source-changed",
    message: /f" changed while it was being read/,
  });
  await changes.settle();
  assert.equal(written, 1);
  const walked = [...walk(root)];
  rmSync(file);
  await assert.rejects(packDirectory(packer(() => {}), walked, {}), { code: "source-changed" });
});
