import assert from "node:assert/strict";
import { test } from "node:test";
import { badOnes, plantReferrers, referrerOf } from "../../tests/fakes/crowd.ts";
import { bench, plantManifest } from "../../tests/fakes/registry/registry_bench.ts";
import { all, documentOf, sample } from "../../tests/fakes/store_suite.ts";
import { TOY, toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { attachSignature } from "./attach_signature.ts";
import { copy } from "./copy.ts";
import { BlobberError } from "../errors.ts";
import { fallbackTag } from "../artifact/fallback_tag.ts";
import { MAX_SIGNATURE_BYTES } from "../limits.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { verifySignatures } from "../../tests/fakes/verify_signatures.ts";
import type { FetchOptions } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

test("a signature that no verification would read is refused before anything is stored", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  const bytes = new Uint8Array(MAX_SIGNATURE_BYTES + 1);
  await assert.rejects(attachSignature(store, subject, { mediaType: TOY, bytes }), {
    code: "limit",
    message: /1048577 bytes, expected at most 1048576/,
  });
  assert.deepEqual(registry.log(), []);
  const largest = { mediaType: TOY, bytes: bytes.subarray(1) };
  assert.equal((await attachSignature(store, subject, largest)).added, true);
});

test("ten-thousand-referrers: a new signature is attached without a look at the crowd", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  plantReferrers(registry, badOnes(subject, 3000));
  registry.clear();
  const signature = toy(subject, "good", "new");
  const { added, digest } = await attachSignature(store, subject, signature);
  assert.equal(added, true);
  const listed = registry.log().filter((line) => line.includes("/referrers/")).length;
  // The four pages are what shows that the registry lists it.
  assert.ok(listed <= 4 && registry.requests.length <= listed + 9, registry.log().join("\n"));
  const again = await attachSignature(store, subject, signature);
  assert.deepEqual([again.added, again.digest], [false, digest]);
});

test("the same signature is found among some others by its manifest, and its bytes are not read", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  const signature = toy(subject, "good", "mine");
  const first = await attachSignature(store, subject, signature);
  plantReferrers(registry, badOnes(subject, 50));
  registry.clear();
  const again = await attachSignature(store, subject, { ...signature, annotations: { a: "b" } });
  assert.deepEqual([again.added, again.digest], [false, first.digest]);
  const read = registry.requests.filter(({ method, url }) =>
    method === "GET" && url.includes("/blobs/")
  );
  assert.deepEqual(read, []);
});

test("ten-thousand-referrers: a fallback tag with 10,000 entries keeps them and takes one more", async () => {
  const { registry, store } = await bench({ referrers: false });
  const subject = plantManifest(registry, { tag: "v1" });
  const crowd = Array.from({ length: 10_000 }, (_, i) =>
    referrerOf(subject, {
      type: "application/vnd.example",
      signature: { mediaType: "x/y", bytes: new TextEncoder().encode(`${i}`) },
    }).listed);
  const repository = registry.repository("a/b");
  const [index, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: crowd,
  });
  repository.manifests.set(index.digest, { mediaType: index.mediaType, bytes });
  repository.tags.set(fallbackTag(subject.digest), index.digest);
  const attached = await attachSignature(store, subject, toy(subject));
  const stored = repository.manifests.get(repository.tags.get(fallbackTag(subject.digest))!)!;
  const { manifests } = JSON.parse(new TextDecoder().decode(stored.bytes));
  assert.equal(manifests.length, 10_001);
  assert.equal(manifests.at(-1).digest, attached.digest);
  const document = await readDocument(store, subject);
  await verifySignatures(store, { ...subject, bytes: document.bytes }, new ToyVerifier());
});

test("ten-thousand-referrers: a copy takes a crowd along, and no broken one keeps it from that", async () => {
  const crowd: Descriptor[] = [];
  const source = new class extends MemoryStore {
    override fetch(target: Descriptor, options: FetchOptions = {}) {
      if (target.digest !== crowd[700]?.digest) return super.fetch(target, options);
      return Promise.reject(new BlobberError("not-found", "it is listed and not there"));
    }
  }();
  const subject = await sample(source, "content", { tag: "v1" });
  for (let i = 0; i < 1200; i++) {
    crowd.push(await sample(source, "note", { subject, annotations: { n: `${i}` } }));
  }
  const target = new MemoryStore();
  const notices: string[] = [];
  const root = await readDocument(source, subject);
  const result = await copy(source, target, root, {
    tags: ["v1"],
    onNotice: ({ code }) => void notices.push(code),
  });
  assert.equal(result.referrers, 1199);
  assert.deepEqual(notices, ["broken-referrer"]);
  assert.equal((await all(target.referrers(subject))).length, 1199);
});
