import assert from "node:assert/strict";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blobOf, documentOf, sample } from "../../../tests/fakes/store_suite.ts";
import { hexOf } from "../../digest.ts";
import { readDocument } from "../../artifact/manifest.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { withCache } from "./cached_source.ts";
import { cacheInfo, clearCache, pruneCache } from "./maintenance.ts";
import {
  blob,
  cacheFile,
  read,
  watched,
  withDirectory,
} from "../../../tests/fakes/registry/watched_store.ts";

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
