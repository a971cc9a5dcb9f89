/** What reading a part of a large file moves: at a registry, and through a cache. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type ClientOptions } from "../mod.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import { noise } from "./fakes/pulling.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";

useOwnTemporary();

const MiB = 1024 * 1024;
/** A file of 50 MB that does not shrink. */
const large = noise(50 * MiB) as Uint8Array<ArrayBuffer>;
/** Bytes of content that a push puts into one chunk of a large file, and what is around them. */
const CHUNK = 512 * 1024 + 1024;

interface Setting {
  registry: FakeRegistry;
  ref: string;
  root: string;
  client(options?: ClientOptions): Client;
  /** Requests of blobs since the last call, as the bytes that each moved. */
  moved(): number[];
}

async function withLarge(body: (setting: Setting) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "blobber-range-"));
  const registry = await startRegistry();
  const client = (options: ClientOptions = {}) =>
    new Client({ credentials: () => Promise.resolve(undefined), jobs: 0, ...options });
  const ref = `${registry.host}/acme/video:v1`;
  try {
    const entries = [{ path: "large.bin", type: "file" as const, content: large }];
    await client().push({ entries }, ref);
    registry.clear();
    const moved = () => {
      const blobs = registry.requests.filter(({ url }) => url.includes("/blobs/"));
      registry.clear();
      return blobs.map(({ sent }) => sent);
    };
    await body({ registry, ref, root, client, moved });
  } finally {
    await registry.close();
    rmSync(root, { recursive: true });
  }
}

test("range: the last KB of a file of 50 MB moves its table and one chunk", async () => {
  await withLarge(async ({ ref, client, moved }) => {
    await using image = await client().openImage(ref);
    const [table, ...others] = moved();
    assert.ok(table! < 25_000, `${table}`);
    assert.deepEqual(others, []);
    assert.deepEqual(await image.read("large.bin", { start: 50 * MiB - 1024 }), large.slice(-1024));
    const [last, ...more] = moved();
    assert.ok(last! <= CHUNK, `${last}`);
    assert.deepEqual(more, []);
    // Chunks that follow one another come by one request.
    const [start, end] = [10 * MiB + 5, 12 * MiB + 5];
    assert.deepEqual(await image.read("large.bin", { start, end }), large.slice(start, end));
    const [five, ...rest] = moved();
    assert.ok(five! > 2 * MiB && five! <= 5 * CHUNK, `${five}`);
    assert.deepEqual(rest, []);
  });
});

test("range: a part that was read once comes from the cache, and so does each within it", async () => {
  await withLarge(async ({ ref, root, client, moved }) => {
    const cacheDir = join(root, "cache");
    for (const expected of [[1, 1], [0, 0]]) {
      await using image = await client({ cacheDir }).openImage(ref);
      const opened = moved().length;
      const [start, end] = [20 * MiB, 21 * MiB];
      assert.deepEqual(await image.read("large.bin", { start, end }), large.slice(start, end));
      assert.deepEqual([opened, moved().length], expected);
      const inner = { start: start + 1000, end: start + 2000 };
      assert.deepEqual(
        await image.read("large.bin", inner),
        large.slice(inner.start, inner.end),
      );
      assert.deepEqual(moved(), []);
    }
  });
});

test("range: many parts at once are independent of each other", async () => {
  await withLarge(async ({ ref, client, moved }) => {
    await using image = await client().openImage(ref);
    moved();
    const stopped = new AbortController();
    const given = image.open("large.bin", { signal: stopped.signal });
    const parts = Array.from({ length: 20 }, (_, i) => ({
      start: i * 2 * MiB + i,
      end: i * 2 * MiB + i + 1000,
    }));
    const read = Promise.all(parts.map((part) => image.read("large.bin", part)));
    const reader = (await given).getReader();
    await reader.read();
    stopped.abort();
    await assert.rejects(reader.read(), { code: "interrupted" });
    for (const [i, bytes] of (await read).entries()) {
      assert.deepEqual(bytes, large.slice(parts[i]!.start, parts[i]!.end));
    }
    assert.equal(moved().length, 21);
  });
});
