/**
 * What every store must do, as tests: run for each of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../../lib/digest.ts";
import type { Store } from "../../lib/store.ts";
import { storeTests } from "../../lib/testing/store_tests.ts";
import { type Annotations, type Descriptor, MEDIA_TYPE } from "../../lib/types.ts";
import { readChecked } from "../../lib/checked_content.ts";

const encoder = new TextEncoder();

/** The bytes of a JSON document and the descriptor that names them. */
export function documentOf(mediaType: string, value: unknown): [Descriptor, Uint8Array] {
  const bytes = encoder.encode(JSON.stringify(value));
  return [{ mediaType, digest: digestOf(bytes), size: bytes.length }, bytes];
}

/** The descriptor of a blob. */
export function blobOf(content: string | Uint8Array, mediaType = "application/x"): Descriptor {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** A manifest as tests want it. */
export interface SampleOptions {
  tag?: string;
  subject?: Descriptor;
  artifactType?: string;
  annotations?: Annotations;
}

/** Puts a manifest with one layer into a store, blobs included. */
export async function sample(
  store: Store,
  content: string,
  options: SampleOptions = {},
): Promise<Descriptor> {
  const config = blobOf("{}", MEDIA_TYPE.empty);
  const layer = blobOf(content);
  await writeBlob(store, config, "{}");
  await writeBlob(store, layer, content);
  const { tag, ...rest } = options;
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [layer],
    ...rest,
  });
  await store.put(descriptor, bytes);
  if (tag !== undefined) await store.tag(tag, descriptor);
  return descriptor;
}

/** Writes a blob. */
export async function writeBlob(
  store: Store,
  descriptor: Descriptor,
  content: string | Uint8Array,
): Promise<void> {
  const writer = await store.begin(descriptor.mediaType);
  await writer.write(typeof content === "string" ? encoder.encode(content) : content);
  await writer.commit(descriptor);
}

/** All of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Reads a blob or a range of one as text. */
export async function read(
  store: Store,
  target: Descriptor,
  range?: { start: number; end: number },
): Promise<string> {
  const stream = await store.fetch(target, range ? { range } : {});
  const expected = range
    ? { size: range.end - range.start, name: "range" }
    : { size: target.size, digest: target.digest, name: "blob" };
  return new TextDecoder().decode(await readChecked(stream, expected, 1 << 24));
}

/**
 * Registers the tests: those that the library has for everybody's stores, and what its own do beyond that.
 *
 * @param kind name of the store, for the tests' names
 * @param make makes an empty store, and what removes it
 */
export function storeSuite(
  kind: string,
  make: () => Promise<{ store: Store; dispose: () => void | Promise<void> }>,
): void {
  for (const { name, run } of storeTests({ create: make })) test(`${kind}: ${name}`, run);

  const check = (name: string, body: (store: Store) => Promise<void>) =>
    test(`${kind}: ${name}`, async () => {
      const { store, dispose } = await make();
      try {
        await body(store);
      } finally {
        await dispose();
      }
    });

  check("a manifest that is none is refused", async (store) => {
    const [nonsense, bytes] = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2, manifests: [] });
    await assert.rejects(store.put(nonsense, bytes), { code: "invalid-manifest" });
    assert.equal(await store.has(nonsense), false);
  });

  check("a referrer whose type is that of everything is listed under each", async (store) => {
    const subject = await sample(store, "subject");
    const untyped = await sample(store, "untyped", { subject });
    const found = await all(store.referrers(subject, { artifactType: "application/sig" }));
    assert.deepEqual(found.map((one) => one.digest), [untyped.digest]);
  });

  check("a signal that was aborted stops every call", async (store) => {
    const manifest = await sample(store, "content", { tag: "v1" });
    const signal = AbortSignal.abort(new Error("stop"));
    const stopped = { code: "interrupted", cause: new Error("stop") };
    await assert.rejects(store.resolve("v1", { signal }), stopped);
    await assert.rejects(store.fetch(manifest, { signal }), stopped);
    await assert.rejects(store.has(manifest, { signal }), stopped);
    await assert.rejects(store.begin("application/x", { signal }), stopped);
    await assert.rejects(store.tag("v2", manifest, { signal }), stopped);
    await assert.rejects(all(store.tags({ signal })), stopped);
    await assert.rejects(all(store.referrers(manifest, { signal })), stopped);
  });

  check("await using gives up a writer that was not committed", async (store) => {
    const writer = await store.begin("application/x");
    await writer.write(encoder.encode("gone"));
    await writer[Symbol.asyncDispose]!();
    await assert.rejects(writer.write(encoder.encode("x")), { code: "closed" });
    const committed = await store.begin("application/x");
    await committed.write(encoder.encode("kept"));
    await committed.commit(blobOf("kept"));
    await committed[Symbol.asyncDispose]!();
    assert.equal(await store.has(blobOf("gone")), false);
    assert.equal(await store.has(blobOf("kept")), true);
  });

  check("it can be closed, so that what becomes of that is tested", async (store) => {
    await store.close!();
  });
}
