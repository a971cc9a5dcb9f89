import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all,
  blobOf,
  documentOf,
  read,
  sample,
  writeBlob,
} from "../../../tests/fakes/store_suite.ts";
import { toy } from "../../../tests/fakes/toy_signatures.ts";
import { readDocument } from "../../artifact/manifest.ts";
import { resolveDocument } from "../resolve.ts";
import { copy } from "./copy.ts";
import { digestOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_COPIED_REFERRERS } from "../../limits.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import { attachSignature } from "../attach_signature.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  ReferrerOptions,
  SetTagOptions,
} from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import { type Descriptor, type Index, type Manifest, MEDIA_TYPE } from "../../types.ts";

/** A store that mounts nothing and writes down what is done to it, in order. */
class Plain extends MemoryStore {
  log: string[] = [];
  lies = new Map<string, Uint8Array>();
  override mount(): Promise<boolean> {
    return Promise.resolve(false);
  }
  override begin(mediaType: string): Promise<BlobWriter> {
    this.log.push("blob");
    return super.begin(mediaType);
  }
  override put(descriptor: Descriptor, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    this.log.push("manifest");
    return super.put(descriptor, bytes, options);
  }
  override tag(tag: string, descriptor: Descriptor, options?: SetTagOptions): Promise<void> {
    this.log.push(`tag ${tag}`);
    return super.tag(tag, descriptor, options);
  }
  override fetch(target: Descriptor, options: FetchOptions = {}) {
    const lie = this.lies.get(target.digest);
    return lie ? Promise.resolve(streamOf(lie)) : super.fetch(target, options);
  }
}

async function signedIndex(store: MemoryStore): Promise<{
  index: Descriptor;
  manifests: Descriptor[];
  referrers: Descriptor[];
}> {
  const one = await sample(store, "one");
  const two = await sample(store, "two");
  const [index, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [one, two],
  });
  await store.put(index, bytes);
  await store.tag("v1", index);
  const onIndex = await attachSignature(store, index, toy(index));
  const onManifest = await attachSignature(store, two, toy(two));
  const bill = await sample(store, "bill", { subject: one, artifactType: "application/bill" });
  const onBill = await attachSignature(store, bill, toy(bill));
  return { index, manifests: [one, two], referrers: [onIndex, onManifest, bill, onBill] };
}

test("an index goes with its manifests, their signatures and what refers to those", async () => {
  const source = new Plain("source");
  const target = new Plain("target");
  const { index, manifests, referrers } = await signedIndex(source);
  const root = await resolveDocument(source, "v1");
  const result = await copy(source, target, root, { tags: ["v1", "v2"] });
  assert.equal(result.digest, index.digest);
  assert.equal(result.referrers, 4);
  assert.deepEqual(result.tags, ["v1", "v2"]);
  for (const one of [index, ...manifests, ...referrers]) {
    const { mediaType, digest, size } = one;
    assert.ok(await target.has({ mediaType, digest, size }), digest);
  }
  assert.equal(await read(target, blobOf("two")), "two");
  assert.deepEqual(
    (await all(target.referrers(manifests[0]!))).map((one) => one.digest),
    [referrers[2]!.digest],
  );
  assert.deepEqual(target.log.slice(-2), ["tag v1", "tag v2"]);
  assert.equal(target.log.filter((one) => one.startsWith("tag")).length, 2);
});

test("a second copy sends no blob, and one between stores in memory mounts", async () => {
  const source = new MemoryStore("source");
  const target = new Plain("target");
  await signedIndex(source);
  const root = await resolveDocument(source, "v1");
  const first = await copy(source, target, root);
  assert.deepEqual([first.blobs.present, first.blobs.mounted], [0, 0]);
  assert.ok(first.bytes > 0);
  const second = await copy(source, target, root);
  assert.deepEqual(second.blobs, { copied: 0, mounted: 0, present: first.blobs.copied });
  assert.equal(second.bytes, 0);
  const mounted = await copy(source, new MemoryStore("memory"), root);
  assert.deepEqual(mounted.blobs, { copied: 0, mounted: first.blobs.copied, present: 0 });
});

test("referrers stay behind when they are not wanted", async () => {
  const source = new MemoryStore("source");
  const target = new MemoryStore("target");
  const { index } = await signedIndex(source);
  const root = await resolveDocument(source, "v1");
  assert.equal((await copy(source, target, root, { referrers: false })).referrers, 0);
  assert.deepEqual(await all(target.referrers(index)), []);
});

test("the tag moves to what was resolved, not to what the tag names by then", async () => {
  const source = new MemoryStore("source");
  const target = new MemoryStore("target");
  const first = await sample(source, "first", { tag: "v1" });
  const root = await resolveDocument(source, "v1");
  await source.tag("v1", await sample(source, "second"));
  await copy(source, target, root, { tags: ["v1"] });
  assert.equal((await target.resolve("v1")).digest, first.digest);
});

test("a blob that is not what it should be ends the copy, and nothing is tagged", async () => {
  const source = new Plain("source");
  const target = new Plain("target");
  await sample(source, "content", { tag: "v1" });
  const root = await resolveDocument(source, "v1");
  source.lies.set(blobOf("content").digest, new TextEncoder().encode("c0ntent"));
  await assert.rejects(copy(source, target, root, { tags: ["v1"] }), { code: "integrity" });
  assert.ok(!target.log.some((one) => one === "manifest" || one.startsWith("tag")));
  assert.equal(await target.has(blobOf("content")), false);
});

test("dangling-referrer: a referrer that is listed and gone is left out, and it is said", async () => {
  const source = new Plain("source");
  const { index, referrers } = await signedIndex(source);
  const gone = referrers[1]!.digest;
  const fetch = source.fetch.bind(source);
  source.fetch = (target, options) =>
    target.digest === gone
      ? Promise.reject(new BlobberError("not-found", `${gone} not found`))
      : fetch(target, options);
  const target = new Plain("target");
  const notices: string[] = [];
  const root = await resolveDocument(source, "v1");
  const result = await copy(source, target, root, {
    onNotice: ({ level, code }) => void notices.push(`${level} ${code}`),
  });
  assert.equal(result.referrers, 3);
  assert.deepEqual(notices, ["warning broken-referrer"]);
  assert.ok(await target.has(index));
});

test("foreign-urls: a layer that names other places is copied from the store, or missed with words", async () => {
  const urls = ["https://example.com/layer"];
  const source = new Plain("source");
  const config = blobOf("{}");
  const layer = { ...blobOf("layer"), urls };
  await writeBlob(source, config, "{}");
  await writeBlob(source, layer, "layer");
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [layer],
  });
  await source.put(descriptor, bytes);
  await source.tag("v1", descriptor);
  const root = await resolveDocument(source, "v1");
  const target = new MemoryStore();
  await copy(source, target, root);
  assert.equal(await read(target, layer), "layer");
  const without = new MemoryStore("without");
  await writeBlob(without, config, "{}");
  await assert.rejects(copy(without, new MemoryStore(), root), {
    code: "not-found",
    message: /names a URL for it/,
  });
});

test("cosign-sig-tag: tags of cosign's schemes that belong to anything copied go along", async () => {
  const source = new Plain("source");
  const { index, manifests } = await signedIndex(source);
  const tagOf = (digest: string, kind: string) => `${digest.replace(":", "-")}.${kind}`;
  const kept: [string, Descriptor][] = [];
  for (
    const [digest, kind] of [
      [index.digest, "sig"],
      [index.digest, "att"],
      [index.digest, "sbom"],
      [manifests[1]!.digest, "sig"],
    ] as const
  ) {
    const tag = tagOf(digest, kind);
    kept.push([tag, await sample(source, `${kind} of ${digest}`, { tag })]);
  }
  const other = await sample(source, "of another", { tag: tagOf(digestOf("another"), "sig") });
  const target = new Plain("target");
  const result = await copy(source, target, await resolveDocument(source, "v1"), { tags: ["v1"] });
  for (const [tag, { digest }] of kept) assert.equal((await target.resolve(tag)).digest, digest);
  assert.equal(result.referrers, 8);
  assert.equal(await target.has(other), false);
  assert.deepEqual(target.log.filter((one) => one.startsWith("tag ")).at(-1), "tag v1");
  assert.deepEqual(result.tags, ["v1"]);

  const without = new Plain("without");
  await copy(source, without, await resolveDocument(source, "v1"), { referrers: false });
  await assert.rejects(without.resolve(kept[0]![0]), { code: "not-found" });
});

test("ifAbsent keeps a tag that points elsewhere", async () => {
  const source = new MemoryStore("source");
  const target = new MemoryStore("target");
  await sample(source, "content", { tag: "v1" });
  const before = await sample(target, "before", { tag: "v1" });
  const root = await resolveDocument(source, "v1");
  const options = { tags: ["v1"], ifAbsent: true };
  await assert.rejects(copy(source, target, root, options), { code: "conflict" });
  assert.equal((await target.resolve("v1")).digest, before.digest);
});

test("what is listed as a referrer and is none stays behind, with a notice", async () => {
  const target = new MemoryStore("target");
  const notices: string[] = [];
  const source = new class extends MemoryStore {
    extra: Descriptor[] = [];
    override async *referrers(subject: Descriptor, options?: ReferrerOptions) {
      yield* super.referrers(subject, options);
      yield* this.extra;
    }
  }("source");
  await sample(source, "content", { tag: "v1" });
  source.extra = [await sample(source, "stray")];
  const root = await resolveDocument(source, "v1");
  const { referrers } = await copy(source, target, root, {
    onNotice: (notice) => notices.push(notice.code),
  });
  assert.equal(referrers, 0);
  assert.deepEqual(notices, ["false-referrer"]);
});

test("a flood of referrers, and a chain of them, end at a limit", async () => {
  const source = new MemoryStore("source");
  const subject = await sample(source, "content", { tag: "v1" });
  for (let i = 0; i <= MAX_COPIED_REFERRERS; i++) {
    await sample(source, "same", { subject, annotations: { i: `${i}` } });
  }
  const root = await resolveDocument(source, "v1");
  await assert.rejects(copy(source, new MemoryStore(), root), { code: "limit" });

  const chained = new MemoryStore("chained");
  let last = await sample(chained, "content", { tag: "v1" });
  for (let i = 0; i < 6; i++) last = await sample(chained, `link ${i}`, { subject: last });
  const start = await resolveDocument(chained, "v1");
  await assert.rejects(copy(chained, new MemoryStore(), start), { code: "limit" });
});

test("progress ends with all bytes done, and a signal stops the copy", async () => {
  const source = new Plain("source");
  await signedIndex(source);
  const root = await resolveDocument(source, "v1");
  const reports: { done: number; total?: number | undefined; finished: boolean }[] = [];
  await copy(source, new Plain(), root, { onProgress: (progress) => reports.push(progress) });
  // The blobs of both manifests are counted before the first is copied.
  const { manifests } = root.value as Index;
  const sizes = new Map<string, number>(); // they share a config
  for (const one of manifests) {
    const { config, layers } = (await readDocument(source, one)).value as Manifest;
    for (const { digest, size } of [config, ...layers]) sizes.set(digest, size);
  }
  assert.equal(reports[0]!.total, [...sizes.values()].reduce((sum, size) => sum + size));
  const last = reports.at(-1)!;
  assert.ok(last.finished && last.done === last.total && last.done > 0);
  const stop = new AbortController();
  const stopped = copy(source, new Plain(), root, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("stop")),
  });
  await assert.rejects(stopped, { code: "interrupted", cause: new Error("stop") });
});
