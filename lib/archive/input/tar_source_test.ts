import { test } from "node:test";
import { Client } from "../../client.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import assert from "node:assert/strict";
import { withoutThreads } from "../../threads/pool.ts";
import type { InputEntry } from "./input.ts";
import { Packer } from "../pack/pack.ts";
import { packEntries, packTar } from "../pack/pack_input.ts";
import { MAX_HEADER_BYTES, writeHeader } from "../tar/write_header.ts";
import type { Entry } from "../entry.ts";
import { paddingOf } from "../tar/tar_layout.ts";

async function pack(feed: (packer: Packer) => Promise<unknown>): Promise<string> {
  const packer = new Packer({
    encoder: "gzip",
    runner: withoutThreads(),
    batches: () => 2,
    write: () => Promise.resolve(),
  });
  await feed(packer);
  return (await packer.finish()).digest;
}

const content = new Uint8Array(1_500_000).map((_, i) => i * i);
const inputs: InputEntry[] = [
  { path: "d", type: "directory", mode: 0o750 },
  { path: "d/large", type: "file", content },
  { path: "d/none", type: "file" },
  { path: "a", type: "file", content: content.subarray(0, 10), mode: 0o600 },
  { path: "b", type: "hardlink", linkTarget: "a", mode: 0o600 },
  { path: "c", type: "symlink", linkTarget: "d/large" },
];

function tarOf(entries: InputEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, type, mode = 0o644, linkTarget, content } of entries) {
    const bytes = content as Uint8Array | undefined ?? new Uint8Array(0);
    const entry: Entry = { path, type, size: bytes.length, mode, mtime: 77, linkTarget };
    const header = new Uint8Array(MAX_HEADER_BYTES);
    parts.push(header.subarray(0, writeHeader(entry, header, 0)), bytes);
    parts.push(new Uint8Array(paddingOf(bytes.length)));
  }
  return Uint8Array.from([...parts, new Uint8Array(1024)].flatMap((part) => [...part]));
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("a tar becomes what its entries become, however it is cut", async () => {
  const expected = await pack((packer) => packEntries(packer, inputs, {}));
  const tar = tarOf(inputs);
  for (const size of [tar.length, 100_000, 511]) {
    assert.equal(await pack((packer) => packTar(packer, cut(tar, size), {})), expected);
  }
  const stream = ReadableStream.from(cut(tar, 70_000)) as ReadableStream<Uint8Array>;
  assert.equal(await pack((packer) => packTar(packer, stream, {})), expected);
});

test("a tar that is cut off is refused, and its stream is given up", async () => {
  const tar = tarOf(inputs);
  for (const end of [100, 1000, 200_000, tar.length - 1024, tar.length - 512]) {
    await assert.rejects(
      pack((packer) => packTar(packer, cut(tar.subarray(0, end), 4096), {})),
      { code: "invalid-archive" },
      `${end}`,
    );
  }
});

test("what may not be in an archive may not come by a tar", async () => {
  const packed = (...entries: InputEntry[]) =>
    pack((packer) => packTar(packer, cut(tarOf(entries), 4096), {}));
  const file = (path: string): InputEntry => ({ path, type: "file" });
  await assert.rejects(packed(file("../x")), { code: "path-traversal" });
  await assert.rejects(packed(file("stargz.index.json")), { code: "invalid-archive" });
  await assert.rejects(packed(file("a"), file("a")), { code: "invalid-archive" });
  await assert.rejects(packed({ path: "l", type: "symlink", linkTarget: "/etc" }), {
    code: "path-traversal",
  });
  const gzip = cut(Uint8Array.of(0x1f, 0x8b, 8, 0), 4);
  await assert.rejects(pack((packer) => packTar(packer, gzip, {})), {
    code: "invalid-archive",
    message: /compressed/,
  });
});

test("a tar that is refused half-way is not read on", async () => {
  let cancelled = false;
  const bad = tarOf([{ path: "../x", type: "file" }]);
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bad.slice()),
    cancel: () => {
      cancelled = true;
    },
  });
  await assert.rejects(pack((packer) => packTar(packer, stream, {})), { code: "path-traversal" });
  assert.ok(cancelled);
});

test("end-blocks: a tar that is pushed needs them, as nothing else shows that it is whole", async () => {
  const tar = tarOf(inputs);
  for (const missing of [512, 1024]) {
    await assert.rejects(
      pack((packer) => packTar(packer, cut(tar.subarray(0, -missing), 4096), {})),
      {
        code: "invalid-archive",
        message: /no end-of-archive blocks/,
      },
    );
  }
});

test("what giving the tar up fails with does not stand in for what was wrong with it", async () => {
  const pieces = {
    next: () => Promise.resolve({ done: false, value: new Uint8Array(512).fill(1) }),
    return: () => Promise.reject(new Error("no return either")),
  };
  const tar = { [Symbol.asyncIterator]: () => pieces } as AsyncIterable<Uint8Array>;
  const push = new Client({ jobs: 0 }).push({ tar }, { store: new MemoryStore() });
  await assert.rejects(push, { code: "invalid-archive" });
});
