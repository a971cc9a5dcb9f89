import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { all, blobOf, documentOf, sample, writeBlob } from "../../tests/fakes/store_suite.ts";
import { type Digest, hexOf } from "../digest.ts";
import { MemoryStore } from "../memory.ts";
import { readDocument } from "../manifest.ts";
import type { CallOptions, FetchOptions, Source } from "../store.ts";
import { streamOf } from "../streams.ts";
import { type Descriptor, type Manifest, MEDIA_TYPE } from "../types.ts";
import { readVerified } from "../verified.ts";
import { type CacheOptions, withCache } from "./cached_source.ts";
import { cacheInfo, clearCache, pruneCache } from "./maintenance.ts";
import { PushIndex } from "./push_index.ts";

/** A store that writes down what it is asked for. */
class Watched extends MemoryStore {
  asked: string[] = [];
  override resolve(tag: string, options?: CallOptions): Promise<Descriptor> {
    this.asked.push(`resolve ${tag}`);
    return super.resolve(tag, options);
  }
  override fetch(target: Descriptor, options: FetchOptions = {}) {
    const { range } = options;
    this.asked.push(`fetch ${name(target.digest)}${range ? ` ${range.start}-${range.end}` : ""}`);
    return super.fetch(target, options);
  }
}

const name = (digest: Digest) => hexOf(digest).slice(0, 8);
const encoder = new TextEncoder();

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "blobber-cache-"));
  try {
    await body(join(root, "cache"));
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function read(source: Source, target: Descriptor, start?: number, end?: number) {
  const range = start === undefined ? undefined : { start, end: end! };
  const stream = await source.fetch(target, range ? { range } : {});
  const expected = range
    ? { size: range.end - range.start, name: "range" }
    : { size: target.size, digest: target.digest, name: "blob" };
  return new TextDecoder().decode(await readVerified(stream, expected, 1 << 26));
}

const text = "0123456789".repeat(400_000); // some blocks
const blob = blobOf(text);
const cacheFile = (directory: string, digest: Digest) =>
  join(directory, "blobs/sha256", hexOf(digest));
const names = (directory: string) => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

async function watched(): Promise<Watched> {
  const store = new Watched();
  await writeBlob(store, blob, text);
  return store;
}

test("what was read once is not asked for again", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const manifest = await sample(store, "layer", { tag: "v1" });
    const readAll = async () => {
      const source = withCache(store, directory);
      const document = await readDocument(source, await source.resolve("v1"));
      const { layers } = document.value as Manifest;
      assert.equal(await read(source, layers[0]!), "layer");
    };
    await readAll();
    assert.equal(store.asked.length, 3);
    store.asked = [];
    await readAll();
    assert.deepEqual(store.asked, ["resolve v1"]);
    store.asked = [];
    await withCache(store, directory).resolve(manifest.digest);
    assert.deepEqual(store.asked, []);
    assert.ok(existsSync(join(directory, "entries/sha256", `${hexOf(manifest.digest)}.json`)));
  }));

test("ranges are kept, join, and come from the whole when that is there", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const source = withCache(store, directory);
    store.asked = [];
    assert.equal(await read(source, blob, 100, 110), text.slice(100, 110));
    assert.equal(await read(source, blob, 110, 200), text.slice(110, 200));
    assert.equal(store.asked.length, 2);
    assert.equal(await read(source, blob, 105, 195), text.slice(105, 195));
    assert.equal(store.asked.length, 2, "parts that touch are one");
    assert.equal(await read(source, blob, 50, 300), text.slice(50, 300));
    assert.equal(store.asked.length, 3);
    assert.equal(names(join(directory, "parts/sha256", hexOf(blob.digest))).length, 1);
    assert.equal(await read(source, blob), text);
    assert.equal(store.asked.length, 4);
    assert.deepEqual(names(join(directory, "parts/sha256")), []);
    assert.equal(await read(source, blob, 3_000_000, 3_900_000), text.slice(3_000_000, 3_900_000));
    assert.equal(await read(source, blob, 0, blob.size), text);
    assert.equal(store.asked.length, 4, "nothing is asked for when the whole is there");
    assert.equal(await read(source, blob, 3_999_999, 4_000_000), "9");
  }));

for (
  const [what, damage] of [
    ["flipped", (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 2]! ^= 1;
      writeFileSync(path, bytes);
    }],
    ["truncated", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -1))],
    ["longer", (path: string) => writeFileSync(path, "x", { flag: "a" })],
    ["empty", (path: string) => writeFileSync(path, "")],
    ["another's", (path: string) => writeFileSync(path, "y".repeat(readFileSync(path).length))],
    ["a link", (path: string) => {
      rmSync(path);
      symlinkSync("/etc/hostname", path);
    }],
  ] as [string, (path: string) => void][]
) {
  test(`row 42: a cached blob that is ${what} is dropped and fetched again`, () =>
    withDirectory(async (directory) => {
      const store = await watched();
      const source = withCache(store, directory);
      const path = cacheFile(directory, blob.digest);
      const fromEnd = [blob.size - 10, blob.size] as const;
      await read(source, blob);
      await read(source, blob, ...fromEnd); // takes the digests of the blocks
      damage(path);
      store.asked = [];
      assert.equal(await read(source, blob, ...fromEnd), text.slice(-10));
      assert.equal(store.asked.length, 1);
      await read(source, blob);
      damage(path);
      store.asked = [];
      assert.equal(await read(source, blob), text);
      assert.equal(store.asked.length, 1);
      assert.equal(readFileSync(path, "utf8"), text, "the cache is whole again");
      await read(source, blob);
      assert.equal(store.asked.length, 1);
    }));

  test(`row 42: a cached range that is ${what} is dropped and fetched again`, () =>
    withDirectory(async (directory) => {
      const store = await watched();
      const source = withCache(store, directory);
      await read(source, blob, 5, 500);
      const parts = join(directory, "parts/sha256", hexOf(blob.digest));
      damage(join(parts, names(parts)[0]!));
      store.asked = [];
      assert.equal(await read(source, blob, 5, 500), text.slice(5, 500));
      assert.equal(await read(source, blob, 5, 500), text.slice(5, 500));
      assert.equal(store.asked.length, 1);
    }));

  test(`row 42: an entry that is ${what} is made again`, () =>
    withDirectory(async (directory) => {
      const store = await watched();
      const manifest = await sample(store, "layer", { tag: "v1" });
      const source = withCache(store, directory);
      await readDocument(source, manifest);
      damage(join(directory, "entries/sha256", `${hexOf(manifest.digest)}.json`));
      store.asked = [];
      assert.equal((await source.resolve(manifest.digest)).size, manifest.size);
      assert.deepEqual(store.asked, [`resolve ${manifest.digest}`]);
      await readDocument(source, manifest);
      assert.equal(cacheInfo(directory).entries.length, 1);
    }));
}

test("row 42: damaged digests of blocks are taken again", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const source = withCache(store, directory);
    await read(source, blob);
    await read(source, blob, 0, 10);
    writeFileSync(join(directory, "sums/sha256", hexOf(blob.digest)), "damaged");
    store.asked = [];
    assert.equal(await read(source, blob, 0, 10), text.slice(0, 10));
    assert.deepEqual(store.asked, []);
  }));

test("wrong bytes are not kept, nor is what nobody read to the end", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const wrong: Source = {
      name: "wrong",
      resolve: (tag) => store.resolve(tag),
      tags: () => store.tags(),
      referrers: (subject) => store.referrers(subject),
      fetch: () => Promise.resolve(streamOf(encoder.encode("z".repeat(blob.size)))),
    };
    await assert.rejects(read(withCache(wrong, directory), blob), { code: "integrity" });
    const reader = (await withCache(store, directory).fetch(blob)).getReader();
    await reader.read();
    await reader.cancel();
    assert.deepEqual(names(join(directory, "blobs/sha256")), []);
    assert.deepEqual(names(join(directory, "temp")), []);
  }));

test("a range that proved to be wrong is replaced when fresh bytes are asked for", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const lying: Source = {
      name: store.name,
      resolve: (tag) => store.resolve(tag),
      tags: () => store.tags(),
      referrers: (subject) => store.referrers(subject),
      fetch: () => Promise.resolve(streamOf(encoder.encode("wrong"))),
    };
    assert.equal(await read(withCache(lying, directory), blob, 0, 5), "wrong");
    const source = withCache(store, directory);
    assert.equal(await read(source, blob, 0, 5), "wrong", "nobody can know this before a reader");
    const stream = await source.fetch(blob, { range: { start: 0, end: 5 }, fresh: true });
    const bytes = await readVerified(stream, { size: 5, name: "range" }, 10);
    assert.equal(new TextDecoder().decode(bytes), "01234");
    assert.equal(await read(source, blob, 0, 5), "01234");
  }));

for (
  const [what, prepare] of [
    ["a link", (path: string) => {
      mkdirSync(`${path}-real`);
      symlinkSync(`${path}-real`, path);
    }],
    ["a link inside", (path: string) => {
      mkdirSync(path);
      mkdirSync(`${path}-real`);
      symlinkSync(`${path}-real`, join(path, "blobs"));
    }],
    ["writable by everybody", (path: string) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    }],
    ["a file", (path: string) => writeFileSync(path, "")],
    ["below a file", (path: string) => writeFileSync(join(path, ".."), "")],
  ] as [string, (path: string) => void][]
) {
  test(`row 43: a cache directory that is ${what} is not used, and a notice says so`, () =>
    withDirectory(async (directory) => {
      const path = what === "below a file" ? join(directory, "file", "cache") : directory;
      if (what === "below a file") {
        mkdirSync(directory);
        writeFileSync(join(directory, "file"), "");
      } else prepare(path);
      const codes: string[] = [];
      const options: CacheOptions = { onNotice: (notice) => codes.push(notice.code) };
      const store = await watched();
      const source = withCache(store, path, options);
      assert.equal(await read(source, blob), text);
      assert.equal(await read(source, blob), text);
      assert.deepEqual(codes, ["cache-unused"]);
      assert.equal(store.asked.filter((one) => one.startsWith("fetch")).length, 2);
      assert.deepEqual(names(`${path}-real`), []);
    }));
}

test("row 43: a cache that cannot be written any more fails no read", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const codes: string[] = [];
    const source = withCache(store, directory, { onNotice: (notice) => codes.push(notice.code) });
    rmSync(join(directory, "temp"), { recursive: true });
    assert.equal(await read(source, blob), text);
    assert.equal(await read(source, blob, 1, 5), text.slice(1, 5));
    assert.deepEqual(codes, ["cache-not-written"]);
  }));

test("a tag is always asked for, unless a time is given", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const one = await sample(store, "one", { tag: "v1" });
    const always = withCache(store, directory);
    await always.resolve("v1");
    await always.resolve("v1");
    assert.deepEqual(store.asked, ["resolve v1", "resolve v1"]);
    const codes: string[] = [];
    const observer = { onNotice: (notice: { code: string }) => void codes.push(notice.code) };
    const cached = withCache(store, directory, { ttl: 60_000, ...observer });
    await cached.resolve("v1");
    store.asked = [];
    await store.tag("v1", await sample(store, "two"));
    assert.equal((await cached.resolve("v1")).digest, one.digest);
    assert.deepEqual(store.asked, []);
    assert.deepEqual(codes, ["cached-tag"]);
    assert.notEqual((await always.resolve("v1")).digest, one.digest);
    // Another repository's tag of the same name is another tag.
    await assert.rejects(
      withCache(new MemoryStore("other"), directory, { ttl: 60_000 }).resolve("v1"),
      { code: "not-found" },
    );
    assert.throws(() => withCache(store, directory, { ttl: 8.64e7 + 1 }), {
      code: "invalid-option",
    });
  }));

test("referrers and tags are never cached", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const subject = await sample(store, "subject", { tag: "v1" });
    const source = withCache(store, directory);
    assert.deepEqual(await all(source.referrers(subject)), []);
    await sample(store, "signature", { subject, artifactType: "application/sig" });
    assert.equal((await all(source.referrers(subject))).length, 1);
    await store.tag("v2", subject);
    assert.deepEqual(await all(source.tags()), ["v1", "v2"]);
  }));

test("info, prune and clear count entries and remove the least recently used first", () =>
  withDirectory(async (directory) => {
    assert.deepEqual(cacheInfo(directory), { path: directory, size: 0, entries: [] });
    const store = await watched();
    const source = withCache(store, directory);
    const entries: Descriptor[] = [];
    for (const content of ["first", "second", "third"]) {
      const manifest = await sample(store, content.repeat(1000));
      await readDocument(source, manifest);
      await read(source, blobOf(content.repeat(1000)));
      await read(source, blobOf("{}", MEDIA_TYPE.empty)); // all of them have this one
      const time = new Date(Date.now() - (10 - entries.length) * 60_000);
      const path = join(directory, "entries/sha256", `${hexOf(manifest.digest)}.json`);
      utimesSync(path, time, time);
      entries.push(manifest);
    }
    await readDocument(source, entries[0]!); // now the last used
    const digests = () => cacheInfo(directory).entries.map((one) => one.digest);
    assert.deepEqual(digests(), [entries[1], entries[2], entries[0]].map((one) => one!.digest));
    const stranger = join(directory, "blobs/sha256/README");
    writeFileSync(stranger, "not ours");

    const before = cacheInfo(directory).size;
    const aged = pruneCache(directory, { maxAge: 8.5 * 60_000 });
    assert.equal(aged.removed, 1);
    assert.equal(aged.remaining, 2);
    assert.equal(aged.removedBytes + aged.remainingBytes, before);
    assert.ok(!existsSync(cacheFile(directory, blobOf("second".repeat(1000)).digest)));
    assert.ok(existsSync(cacheFile(directory, blobOf("{}").digest)), "others need it");
    const sized = pruneCache(directory, { maxSize: aged.remainingBytes - 1 });
    assert.equal(sized.removed, 1);
    assert.deepEqual(digests(), [entries[0]!.digest]);
    assert.equal(pruneCache(directory, { maxSize: 0 }).remainingBytes, 0);
    await readDocument(source, entries[2]!);
    assert.deepEqual(clearCache(directory).removed, 1);
    assert.equal(cacheInfo(directory).size, 0);
    assert.equal(readFileSync(stranger, "utf8"), "not ours");
  }));

test("prune leaves content alone that may be on its way, and removes it when it is old", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    await read(withCache(store, directory), blob); // no manifest was read: no entry
    assert.equal(pruneCache(directory, { maxAge: 0 }).remainingBytes, blob.size);
    const old = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(cacheFile(directory, blob.digest), old, old);
    assert.equal(pruneCache(directory, { maxAge: 0 }).remainingBytes, 0);
  }));

test("an index is an entry too", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const manifest = await sample(store, "layer");
    const [index, bytes] = documentOf(MEDIA_TYPE.index, {
      schemaVersion: 2,
      manifests: [manifest],
    });
    await store.put(index, bytes);
    await readDocument(withCache(store, directory), index);
    assert.equal(cacheInfo(directory).entries[0]?.digest, index.digest);
  }));

test("what a push made is remembered by fingerprint, whole or not at all", () =>
  withDirectory((directory) => {
    const index = PushIndex.open(directory)!;
    const record = { layer: blob, diffId: blob.digest, entries: 3, bytes: 40 };
    assert.equal(index.get("a"), undefined);
    index.set("a", record);
    assert.deepEqual(PushIndex.open(directory)!.get("a"), record);
    assert.equal(index.get("b"), undefined);
    const room = join(directory, "push");
    const path = join(room, names(room)[0]!);
    writeFileSync(path, readFileSync(path, "utf8").replace('"entries":3', '"entries":4'));
    assert.equal(index.get("a"), undefined, "row 75: an edited record is none");
    chmodSync(directory, 0o777);
    assert.equal(PushIndex.open(directory), undefined);
    return Promise.resolve();
  }));
