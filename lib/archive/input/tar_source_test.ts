import { test } from "node:test";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Client } from "../../client.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import assert from "node:assert/strict";
import { withoutThreads } from "../../threads/pool.ts";
import type { InputEntry } from "./input.ts";
import { Packer } from "../pack/pack.ts";
import { packEntries, packTar } from "../pack/pack_input.ts";
import { TarSource } from "./tar_source.ts";
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
});

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

test("a compressed tar becomes what the plain one becomes, however its members and frames are cut", async () => {
  const tar = tarOf(inputs);
  const expected = await pack((packer) => packTar(packer, cut(tar, 4096), {}));
  const halves = [tar.subarray(0, 700_001), tar.subarray(700_001)];
  for (const compress of [gzipSync, zstdCompressSync]) {
    for (const parts of [[tar], halves]) {
      const packed = joined(...parts.map((part) => new Uint8Array(compress(part))));
      for (const size of [packed.length, 70_001, 3]) {
        const got = await pack((packer) => packTar(packer, cut(packed, size), {}));
        assert.equal(got, expected, `${compress.name} ${parts.length} ${size}`);
      }
      for (const end of [2, 5, packed.length >> 1, packed.length - 1]) {
        await assert.rejects(
          pack((packer) => packTar(packer, cut(packed.subarray(0, end), 4096), {})),
          { code: "invalid-archive" },
          `${compress.name} ${end}`,
        );
      }
    }
  }
});

test("what is no tar is refused with a word about what it is", async () => {
  for (
    const [bytes, message, hint] of [
      [[], /the input is empty, expected a tar/],
      [[0x41, 0x42], /the middle of a block/],
      [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4], /compressed with xz/],
      [[0x42, 0x5a, 0x68, 0x39], /compressed with bzip2/],
      [[0x50, 0x4b, 3, 4], /compressed with zip/],
      [Array(2048).fill(0x41), /invalid or corrupt archive/, /does not begin as one does/],
      [[...gzipSync("no tar")], /the middle of a block/],
    ] as const
  ) {
    const source = cut(Uint8Array.from(bytes), 4096);
    await assert.rejects(pack((packer) => packTar(packer, source, {})), {
      code: "invalid-archive",
      message,
      ...(hint !== undefined && { hint }),
    });
  }
});

test("what a few compressed bytes become is taken in steps, and no more than is used", async () => {
  const header = new Uint8Array(MAX_HEADER_BYTES);
  const size = 1 << 30;
  const entry: Entry = { path: "zeros", type: "file", size, mode: 0o644, mtime: 0 };
  const begin = header.slice(0, writeHeader(entry, header, 0));
  const packed = joined(gzipSync(begin), ...Array(3).fill(gzipSync(new Uint8Array(64 << 20))));
  const source = new TarSource(cut(packed, packed.length));
  assert.equal((await source.next())?.size, size);
  const into = new Uint8Array(1 << 20);
  assert.ok(await source.read(into) <= 65_536);
});

test("key-copy-pushed: a private key comes by no tar and no entry, but where it is allowed", async () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const key = new TextEncoder().encode(pem as string);
  const entries: InputEntry[] = [
    { path: "a", type: "file", content: content.subarray(0, 10) },
    { path: "d/key.txt", type: "file", content: key },
  ];
  const client = new Client({ jobs: 0 });
  const store = new MemoryStore();
  for (const make of [() => ({ entries }), () => ({ tar: cut(tarOf(entries), 999) })]) {
    await assert.rejects(client.push(make(), { store }), {
      code: "private-key",
      message: 'cannot push "d/key.txt": it holds a private key',
    });
    await assert.rejects(store.resolve("latest"), { code: "not-found" });
    await client.push(make(), { store, reference: "allowed" }, { allowSecrets: true });
    const dir = mkdtempSync(join(tmpdir(), "blobber-key-"));
    try {
      writeFileSync(join(dir, "sign.key"), key);
      const options = { allowSecrets: true, refuse: [join(dir, "sign.key")] };
      await assert.rejects(client.push(make(), { store }, options), {
        code: "private-key",
        message: /holds the key that signs/,
      });
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  await client.close();
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
