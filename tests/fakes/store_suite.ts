/**
 * What every store must do, as tests: run for each of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../../lib/digest.ts";
import { fallbackTag } from "../../lib/artifact/fallback_tag.ts";
import { readDocument } from "../../lib/artifact/manifest.ts";
import type { Store } from "../../lib/store.ts";
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
 * Registers the tests.
 *
 * @param kind name of the store, for the tests' names
 * @param make makes an empty store, and what removes it
 */
export function storeSuite(
  kind: string,
  make: () => Promise<{ store: Store; dispose: () => void | Promise<void> }>,
): void {
  const check = (name: string, body: (store: Store) => Promise<void>) =>
    test(`${kind}: ${name}`, async () => {
      const { store, dispose } = await make();
      try {
        await body(store);
      } finally {
        await dispose();
      }
    });

  check("a blob is there once it is committed, whole and in ranges", async (store) => {
    const blob = blobOf("twelve bytes");
    assert.equal(await store.has(blob), false);
    await assert.rejects(store.fetch(blob), { code: "not-found" });
    await writeBlob(store, blob, "twelve bytes");
    assert.equal(await store.has(blob), true);
    assert.equal(await read(store, blob), "twelve bytes");
    assert.equal(await read(store, blob, { start: 7, end: 12 }), "bytes");
    assert.equal(await read(store, blob, { start: 0, end: 1 }), "t");
  });

  check("a range beyond the end is refused", async (store) => {
    const blob = blobOf("short");
    await writeBlob(store, blob, "short");
    await assert.rejects(store.fetch(blob, { range: { start: 2, end: 6 } }), {
      code: "range-not-supported",
    });
  });

  check("a writer may reuse its buffer", async (store) => {
    const writer = await store.begin("application/x");
    const buffer = encoder.encode("abc");
    await writer.write(buffer);
    buffer.set(encoder.encode("def"));
    await writer.write(buffer);
    await writer.commit(blobOf("abcdef"));
    assert.equal(await read(store, blobOf("abcdef")), "abcdef");
  });

  check("other bytes than the descriptor's are refused and leave nothing", async (store) => {
    const blob = blobOf("right");
    const wrong = await store.begin(blob.mediaType);
    await wrong.write(encoder.encode("wrong"));
    await assert.rejects(wrong.commit(blob), { code: "integrity" });
    await wrong.abort();
    const short = await store.begin(blob.mediaType);
    await short.write(encoder.encode("righ"));
    await assert.rejects(short.commit(blob), { code: "integrity" });
    const size = await store.begin(blob.mediaType);
    await size.write(encoder.encode("right"));
    await assert.rejects(size.commit({ ...blob, size: 4 }), { code: "integrity" });
    assert.equal(await store.has(blob), false);
    assert.equal(await store.has(blobOf("wrong")), false);
  });

  check("an aborted blob is gone, and its writer takes nothing more", async (store) => {
    const writer = await store.begin("application/x");
    await writer.write(encoder.encode("gone"));
    await writer.abort();
    await writer.abort();
    await assert.rejects(writer.write(encoder.encode("x")), { code: "closed" });
    assert.equal(await store.has(blobOf("gone")), false);
  });

  check("an empty blob is a blob", async (store) => {
    await writeBlob(store, blobOf(""), "");
    assert.equal(await read(store, blobOf("")), "");
  });

  check("manifests resolve by digest and by tag, and their bytes are kept", async (store) => {
    const manifest = await sample(store, "content", { tag: "v1" });
    assert.equal(await store.has(manifest), true);
    for (const name of ["v1", manifest.digest]) {
      const { mediaType, digest, size } = await store.resolve(name);
      assert.deepEqual({ mediaType, digest, size }, manifest);
    }
    const document = await readDocument(store, manifest);
    assert.equal(digestOf(document.bytes), manifest.digest);
    await assert.rejects(store.resolve("v2"), { code: "not-found" });
    await assert.rejects(store.resolve(digestOf("nothing")), { code: "not-found" });
  });

  check("a manifest that is another's digest, or none at all, is refused", async (store) => {
    const manifest = await sample(store, "content");
    await assert.rejects(store.put(manifest, encoder.encode("{}")), { code: "integrity" });
    const [nonsense, bytes] = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2, manifests: [] });
    await assert.rejects(store.put(nonsense, bytes), { code: "invalid-manifest" });
    assert.equal(await store.has(nonsense), false);
  });

  check("tags move, are listed, and stay where ifAbsent says so", async (store) => {
    const one = await sample(store, "one", { tag: "v1" });
    const two = await sample(store, "two");
    await store.tag("v2", one);
    await store.tag("v2", two);
    assert.equal((await store.resolve("v2")).digest, two.digest);
    await assert.rejects(store.tag("v2", one, { ifAbsent: true }), { code: "conflict" });
    assert.equal((await store.resolve("v2")).digest, two.digest);
    await store.tag("v2", two, { ifAbsent: true });
    await store.tag("v3", two, { ifAbsent: true });
    assert.deepEqual((await all(store.tags())).sort(), ["v1", "v2", "v3"]);
    await assert.rejects(store.tag("v4", blobOf("absent", MEDIA_TYPE.manifest)), {
      code: "not-found",
    });
  });

  check("referrers are listed by subject, with type and annotations", async (store) => {
    const subject = await sample(store, "subject", { tag: "v1" });
    const other = await sample(store, "other", { tag: "v2" });
    const signature = await sample(store, "signature", {
      subject,
      artifactType: "application/sig",
      annotations: { "a": "b" },
    });
    const note = await sample(store, "note", { subject, artifactType: "application/note" });
    const untyped = await sample(store, "untyped", { subject });
    const found = await all(store.referrers(subject));
    assert.deepEqual(
      found.map((one) => one.digest).sort(),
      [signature.digest, note.digest, untyped.digest].sort(),
    );
    const typed = await all(store.referrers(subject, { artifactType: "application/sig" }));
    assert.deepEqual(typed.find((one) => one.digest === signature.digest), {
      ...signature,
      artifactType: "application/sig",
      annotations: { "a": "b" },
    });
    assert.equal(typed.some((one) => one.digest === note.digest), false);
    // Its type is the empty config's, which some registries claim of everything.
    assert.equal(typed.some((one) => one.digest === untyped.digest), true);
    assert.deepEqual(await all(store.referrers(other)), []);
    assert.deepEqual((await all(store.tags())).sort(), ["v1", "v2"]);
  });

  check("the fallback tag is read when it is asked for", async (store) => {
    const subject = await sample(store, "subject");
    const loose = await sample(store, "loose");
    const [index, bytes] = documentOf(MEDIA_TYPE.index, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: [loose],
    });
    await store.put(index, bytes);
    await store.tag(fallbackTag(subject.digest), index);
    const via = async (via: "api" | "tag" | "auto") =>
      (await all(store.referrers(subject, { via }))).map((one) => one.digest);
    assert.deepEqual(await via("api"), []);
    assert.deepEqual(await via("tag"), [loose.digest]);
    assert.deepEqual(await via("auto"), [loose.digest]);
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
}
