import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { all, sample } from "../../../tests/fakes/store_suite.ts";
import { hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Notice } from "../../events.ts";
import { MemoryStore } from "../memory_store.ts";
import { readDocument } from "../../artifact/manifest.ts";
import type { Source } from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import type { Descriptor, Manifest } from "../../types.ts";
import { type CacheOptions, withCache } from "./cached_source.ts";
import { cacheInfo } from "./maintenance.ts";
import {
  blob,
  cacheFile,
  names,
  read,
  text,
  watched,
  withDirectory,
} from "../../../tests/fakes/registry/watched_store.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const encoder = new TextEncoder();

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

test("range-refused: where there are no ranges the whole is fetched once, into the cache, and it is said", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const { fetch } = store;
    const whole = `fetch ${hexOf(blob.digest).slice(0, 8)}`;
    store.fetch = (target, options = {}) =>
      options.range === undefined
        ? fetch.call(store, target, options)
        : Promise.reject(new BlobberError("range-not-supported", "no ranges here"));
    const notices: Notice[] = [];
    const done: number[] = [];
    const source = withCache(store, directory, {
      onNotice: (notice) => void notices.push(notice),
      onProgress: (progress) => void done.push(progress.done),
    });
    const [one, other] = await Promise.all([
      read(source, blob, 5, 10),
      read(source, blob, 3_000_000, 3_000_005),
    ]);
    assert.deepEqual([one, other], ["56789", "01234"]);
    assert.equal(await read(withCache(store, directory), blob, 7, 9), "78");
    assert.deepEqual(store.asked, [whole]);
    assert.deepEqual(notices.map(({ code, level }) => [code, level]), [[
      "whole-download",
      "debug",
    ]]);
    assert.equal(done.at(-1), blob.size);
  }));

test("range-refused: a whole that is wrong is no range of it, and does not stay", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    store.fetch = (_, options = {}) =>
      options.range === undefined
        ? Promise.resolve(streamOf(encoder.encode(text.replaceAll("5", "6"))))
        : Promise.reject(new BlobberError("range-not-supported", "no ranges here"));
    await assert.rejects(read(withCache(store, directory), blob, 5, 10), { code: "integrity" });
    const good = await watched();
    assert.equal(await read(withCache(good, directory), blob, 5, 10), "56789");
    assert.equal(good.asked.length, 1);
  }));

test("range-refused: a cache that cannot be written leaves it to the reader", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const { fetch } = store;
    store.fetch = (target, options = {}) =>
      options.range === undefined
        ? fetch.call(store, target, options)
        : Promise.reject(new BlobberError("range-not-supported", "no ranges here"));
    const source = withCache(store, directory);
    // Nothing can be put there any more.
    rmSync(join(directory, "blobs/sha256"), { recursive: true });
    writeFileSync(join(directory, "blobs/sha256"), "");
    await assert.rejects(read(source, blob, 5, 10), { code: "range-not-supported" });
  }));

test("a manifest that the source still holds is used, and neither asked for nor read", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const manifest = await sample(store, "layer", { tag: "v1" });
    await readDocument(withCache(store, directory), manifest);
    const entry = join(directory, "entries/sha256", `${hexOf(manifest.digest)}.json`);
    utimesSync(entry, 1, 1);
    const bytes = readFileSync(cacheFile(directory, manifest.digest));
    writeFileSync(cacheFile(directory, manifest.digest), "x".repeat(bytes.length));
    store.asked = [];
    const held = (target: Descriptor) =>
      target.digest === manifest.digest ? new Uint8Array(bytes) : undefined;
    const source = withCache(Object.assign(store, { held }), directory);
    const document = await readDocument(source, manifest);
    assert.deepEqual(document.descriptor.digest, manifest.digest);
    assert.deepEqual(store.asked, []);
    assert.ok(statSync(entry).mtimeMs > 1e6, "the entry counts as used");
    rmSync(entry);
    await readDocument(source, manifest);
    assert.deepEqual(store.asked, [`fetch ${hexOf(manifest.digest).slice(0, 8)}`], "it is kept");
    assert.deepEqual(readFileSync(cacheFile(directory, manifest.digest)), bytes);
    assert.ok(existsSync(entry));
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
  test(`a cached blob that is ${what} is dropped and fetched again`, () =>
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

  test(`a cached range that is ${what} is dropped and fetched again`, () =>
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

  test(`an entry that is ${what} is made again`, () =>
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

test("damaged digests of blocks are taken again", () =>
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

test("wrong bytes that were read are not kept, nor is what was not read to the end", () =>
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
    assert.equal(await read(withCache(store, directory), blob), text);
    const manifest = await sample(store, "layer");
    await assert.rejects(readDocument(withCache(wrong, directory), manifest), {
      code: "integrity",
    });
    assert.deepEqual(cacheInfo(directory).entries, []);
    rmSync(cacheFile(directory, blob.digest));
    const reader = (await withCache(store, directory).fetch(blob)).getReader();
    await reader.read();
    await reader.cancel();
    assert.deepEqual(names(join(directory, "blobs/sha256")), []);
    assert.deepEqual(names(join(directory, "temp")), []);
  }));

test("a range that proved to be wrong is forgotten when its reader says so", () =>
  withDirectory(async (directory) => {
    const store = await watched();
    const lying: Source = {
      name: store.name,
      resolve: (tag) => store.resolve(tag),
      tags: () => store.tags(),
      referrers: (subject) => store.referrers(subject),
      fetch: () => Promise.resolve(streamOf(encoder.encode("wrong"))),
    };
    const range = { start: 0, end: 5 };
    assert.equal(await read(withCache(lying, directory), blob, 0, 5), "wrong");
    const source = withCache(store, directory);
    assert.equal(await read(source, blob, 0, 5), "wrong", "only a reader can know this");
    assert.equal(source.forget!(blob, range), true);
    assert.equal(source.forget!(blob, range), false);
    assert.equal(await read(source, blob, 0, 5), "01234");
    await read(source, blob);
    assert.equal(source.forget!(blob, range), true, "the whole is dropped with it");
    assert.equal(source.forget!(blob, range), false);
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
    ...lacks("modes") ? [] : [
      ["writable by everybody", (path: string) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
      }] as const,
    ],
    ["a file", (path: string) => writeFileSync(path, "")],
    ["below a file", (path: string) => writeFileSync(join(path, ".."), "")],
  ] as [string, (path: string) => void][]
) {
  test(`a cache directory that is ${what} is not used, and a notice says so`, () =>
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

test("a cache that cannot be written any more fails no read", () =>
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
    const levels: string[] = [];
    const onNotice = ({ level }: { level: string }) => void levels.push(level);
    for (const verifying of [false, true]) {
      await withCache(store, directory, { ttl: 60_000, verifying, onNotice }).resolve("v1");
    }
    assert.deepEqual(levels, ["debug", "warning"], "a freeze is said");
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
