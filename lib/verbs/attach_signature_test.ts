import assert from "node:assert/strict";
import { test } from "node:test";
import { badOnes, plantReferrers, referrerOf } from "../../tests/fakes/crowd.ts";
import { bench, plantManifest } from "../../tests/fakes/registry/registry_bench.ts";
import { all, documentOf, sample } from "../../tests/fakes/store_suite.ts";
import { toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { attachSignature } from "./attach_signature.ts";
import { copy } from "./copy/copy.ts";
import { BlobberError } from "../errors.ts";
import { fallbackTag } from "../artifact/fallback_tag.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { verifySignatures } from "../../tests/fakes/verify_signatures.ts";
import type { Signature } from "../signing.ts";
import type { FetchOptions } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

/** A store with a subject, and toy signatures of it of which a part has a certain size. */
async function sized(part: "signature" | "referrer") {
  const { registry, store } = await bench();
  const planted = plantManifest(registry, { tag: "v1" });
  const { bytes } = await readDocument(store, planted);
  const subject = { ...planted, bytes };
  const note = (size: number) => toy(subject, "good", "x".repeat(size));
  const least = part === "signature" ? note(0).bytes.length : await leastReferrer();
  return {
    registry,
    store,
    subject,
    make: (size: number): Signature =>
      part === "signature"
        ? note(size - least)
        : { ...note(0), annotations: { a: "x".repeat(size - least) } },
  };

  async function leastReferrer(): Promise<number> {
    const memory = new MemoryStore();
    return (await attachSignature(memory, subject, { ...note(0), annotations: { a: "" } })).size;
  }
}

for (const [part, largest] of [["signature", 1024 * 1024], ["referrer", 256 * 1024]] as const) {
  test(`what verification would not read is refused before anything is stored: the ${part}`, async () => {
    const { registry, store, subject, make } = await sized(part);
    registry.clear();
    await assert.rejects(attachSignature(store, subject, make(largest + 1)), {
      code: "limit",
      message: new RegExp(`^the ${part} .*${largest + 1} bytes, expected at most ${largest}: `),
    });
    assert.deepEqual(registry.log(), []);
    const { digest } = await attachSignature(store, subject, make(largest));
    const found = await verifySignatures(store, subject, new ToyVerifier());
    assert.deepEqual([found.descriptor.digest, found.rejected], [digest, []]);
  });
}

test("a signature that would be read as a manifest is not stored", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  for (const mediaType of [MEDIA_TYPE.manifest, MEDIA_TYPE.index, MEDIA_TYPE.dockerManifest]) {
    const signature = { ...toy(subject), mediaType };
    await assert.rejects(attachSignature(store, subject, signature), { code: "invalid-option" });
  }
  assert.deepEqual(registry.log(), []);
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
