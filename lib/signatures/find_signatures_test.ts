import assert from "node:assert/strict";
import { test } from "node:test";
import { all, blobOf, documentOf, sample, writeBlob } from "../../tests/fakes/store_suite.ts";
import { TOY, toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { BlobberError, type Code } from "../errors.ts";
import { fallbackTag } from "../artifact/fallback_tag.ts";
import { MAX_REFERRERS_LISTED, MAX_SIGNATURE_BYTES } from "../limits.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { attachSignature } from "../verbs/attach_signature.ts";
import { verifySignatures } from "../../tests/fakes/verify_signatures.ts";
import type { Signable } from "../signing.ts";
import type { FetchOptions, ReferrerOptions } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";

async function signed(store: MemoryStore): Promise<{ subject: Descriptor; manifest: Signable }> {
  const subject = await sample(store, "signed content", { tag: "v1" });
  const { bytes } = await readDocument(store, subject);
  return { subject, manifest: { ...subject, bytes } };
}

/** A store whose API of referrers answers what a test wants. */
class Listing extends MemoryStore {
  api: ((subject: Descriptor) => AsyncIterable<Descriptor>) | undefined;
  fetched = 0;
  override referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    if (options.via === "api" && this.api) return this.api(subject);
    return super.referrers(subject, options);
  }
  override fetch(target: Descriptor, options: FetchOptions = {}) {
    this.fetched++;
    return super.fetch(target, options);
  }
}

async function* list(...items: Descriptor[]): AsyncIterable<Descriptor> {
  yield* items;
}

const refused = async (store: MemoryStore, manifest: Signable): Promise<BlobberError> => {
  try {
    await verifySignatures(store, manifest, new ToyVerifier());
  } catch (error) {
    if (error instanceof BlobberError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

test("a signature is a referrer of its own type, with the empty config and one layer", async () => {
  const store = new MemoryStore();
  const { subject, manifest } = await signed(store);
  const signature = { ...toy(subject), annotations: { "a": "b" } };
  const attached = await attachSignature(store, subject, signature);
  assert.equal(attached.added, true);
  const { value } = await readDocument(store, attached);
  assert.deepEqual(value, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: TOY,
    config: blobOf("{}", MEDIA_TYPE.empty),
    layers: [blobOf(signature.bytes, TOY)],
    subject,
    annotations: { "a": "b" },
  });
  const { verdict, descriptor } = await verifySignatures(store, manifest, new ToyVerifier());
  assert.equal(descriptor.digest, attached.digest);
  assert.equal(verdict.signer.kind, "other");
});

test("the same signature is attached once, whatever its annotations say", async () => {
  const store = new MemoryStore();
  const { subject } = await signed(store);
  const first = await attachSignature(store, subject, toy(subject));
  const again = { ...toy(subject), annotations: { time: "later" } };
  const second = await attachSignature(store, subject, again);
  assert.deepEqual([second.added, second.digest], [false, first.digest]);
  const other = await attachSignature(store, subject, toy(subject, "good", "other"));
  assert.equal(other.added, true);
  assert.equal((await all(store.referrers(subject))).length, 2);
});

test("one good signature is enough, and the bad ones are reported", async () => {
  const store = new MemoryStore();
  const { subject, manifest } = await signed(store);
  await attachSignature(store, subject, toy(subject, "signature-invalid", "bad"));
  await attachSignature(store, subject, toy(subject, "identity-mismatch", "other"));
  await attachSignature(store, subject, toy(subject, "good", "right"));
  const found = await verifySignatures(store, manifest, new ToyVerifier());
  assert.equal(found.verdict.signer.kind === "other" && found.verdict.signer.description, "right");
  assert.deepEqual(found.rejected.map(({ error }) => error.code).sort(), [
    "identity-mismatch",
    "signature-invalid",
  ]);
});

test("the status is the first that applies", async () => {
  const order: Code[] = ["trust-root", "identity-mismatch", "signature-invalid"];
  for (let from = 0; from < order.length; from++) {
    const store = new MemoryStore();
    const { subject, manifest } = await signed(store);
    for (const code of order.slice(from).reverse()) {
      await attachSignature(store, subject, toy(subject, code, "x"));
    }
    const error = await refused(store, manifest);
    assert.equal(error.code, order[from]);
    assert.equal(error.message, `signature verification failed: ${order[from]} x`);
    assert.ok(error.cause instanceof AggregateError);
  }
  const store = new MemoryStore();
  const { manifest } = await signed(store);
  const none = await refused(store, manifest);
  assert.equal(none.code, "no-signature");
  assert.match(none.message, /no signature found/);
});

test("every identity that was found is named", async () => {
  const store = new MemoryStore();
  const { subject, manifest } = await signed(store);
  await attachSignature(store, subject, toy(subject, "identity-mismatch", "alice"));
  await attachSignature(store, subject, toy(subject, "name-mismatch", "bob"));
  const error = await refused(store, manifest);
  assert.equal(error.exitStatus, 7);
  assert.match(error.message, /alice/);
  assert.match(error.message, /bob/);
});

test("what lists itself and refers to something else is no signature", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  const other = await sample(store, "other");
  const stray = await attachSignature(store, other, toy(subject));
  const { digest, size, mediaType } = stray;
  store.api = () => list({ mediaType, digest, size, artifactType: TOY });
  assert.equal((await refused(store, manifest)).code, "no-signature");
});

test("the artifact type is read from the manifest, whatever the list claims", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  const { mediaType, digest, size } = await attachSignature(store, subject, toy(subject));
  for (const claim of [undefined, MEDIA_TYPE.empty, MEDIA_TYPE.config, "application/other"]) {
    store.api = () => list({ mediaType, digest, size, ...(claim && { artifactType: claim }) });
    await verifySignatures(store, manifest, new ToyVerifier());
  }
  const note = await sample(store, "note", { subject, artifactType: "application/note" });
  store.api = () => list({ ...note, artifactType: TOY });
  // The true one cannot be found: the tag is not written.
  assert.equal((await refused(store, manifest)).code, "no-signature");
});

test("a candidate of another size or content is refused and reported", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  const { mediaType, digest, size } = await attachSignature(store, subject, toy(subject));
  store.api = () => list({ mediaType, digest, size: size - 1, artifactType: TOY });
  assert.equal((await refused(store, manifest)).code, "signature-invalid");
});

test("a candidate with several layers, or another layer's type, is refused", async () => {
  for (const layers of [2, 0, 1]) {
    const store = new MemoryStore();
    const { subject, manifest } = await signed(store);
    const { bytes } = toy(subject);
    const layer = blobOf(bytes, layers === 1 ? "application/other" : TOY);
    await writeBlob(store, layer, bytes);
    const [descriptor, document] = documentOf(MEDIA_TYPE.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      artifactType: TOY,
      config: blobOf("{}", MEDIA_TYPE.empty),
      layers: Array.from({ length: layers }, () => layer),
      subject,
    });
    await store.put(descriptor, document);
    assert.equal((await refused(store, manifest)).code, "signature-invalid");
  }
});

test("CVE-2024-29902, CVE-2024-29903: a huge signature is not read, and says so as a limit", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  const layer = { ...blobOf("never read", TOY), size: MAX_SIGNATURE_BYTES + 1 };
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: TOY,
    config: blobOf("{}", MEDIA_TYPE.empty),
    layers: [layer],
    subject,
  });
  await store.put(descriptor, bytes);
  const error = await refused(store, manifest);
  assert.equal(error.code, "limit");
  assert.match(error.message, /looked at 0 of 1/);
  assert.equal(store.fetched, 2, "the subject, by the test, and the referrer");
});

test("a list without end is cut", async () => {
  const store = new Listing();
  const { manifest } = await signed(store);
  let made = 0;
  store.api = async function* () {
    for (;;) {
      made++;
      yield { ...blobOf(`${made}`, "application/none"), artifactType: "application/none" };
    }
  };
  assert.equal((await refused(store, manifest)).code, "limit");
  assert.ok(made <= MAX_REFERRERS_LISTED + 1, `${made} were listed`);
});

test("a signature only in the fallback tag counts while the API answers others", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  const bad = await attachSignature(store, subject, toy(subject, "signature-invalid", "bad"));
  const good = await attachSignature(store, subject, toy(subject, "good", "good"));
  const [index, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [{ mediaType: good.mediaType, digest: good.digest, size: good.size }],
  });
  await store.put(index, bytes);
  await store.tag(fallbackTag(subject.digest), index);
  store.api = () => list(bad);
  const found = await verifySignatures(store, manifest, new ToyVerifier());
  assert.equal(found.descriptor.digest, good.digest);
  assert.equal(found.rejected.length, 1);
  store.api = async function* () {
    yield* [];
    throw new BlobberError("registry", "the API is broken");
  };
  await verifySignatures(store, manifest, new ToyVerifier());
});

test("an emptied fallback tag is no signature, an overwritten one neither", async () => {
  const store = new Listing();
  const { subject, manifest } = await signed(store);
  store.api = () => list();
  for (const manifests of [[], [await sample(store, "something else")]]) {
    const [index, bytes] = documentOf(MEDIA_TYPE.index, { schemaVersion: 2, manifests });
    await store.put(index, bytes);
    await store.tag(fallbackTag(subject.digest), index);
    assert.equal((await refused(store, manifest)).code, "no-signature");
  }
});

test("a store that fails is no missing signature", async () => {
  const store = new Listing();
  const { manifest } = await signed(store);
  store.api = async function* () {
    yield* [];
    throw new BlobberError("network", "the API is down");
  };
  const error = await refused(store, manifest);
  assert.equal(error.code, "network");
  assert.match(error.message, /the API is down/);
});

test("a verifier that throws anything refuses", async () => {
  const store = new MemoryStore();
  const { subject, manifest } = await signed(store);
  await attachSignature(store, subject, { mediaType: TOY, bytes: new Uint8Array([123]) });
  assert.equal((await refused(store, manifest)).code, "signature-invalid");
});

test("a stopped verification stops", async () => {
  const store = new MemoryStore();
  const { subject, manifest } = await signed(store);
  await attachSignature(store, subject, toy(subject));
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(verifySignatures(store, manifest, new ToyVerifier(), { signal }), {
    code: "interrupted",
    cause: new Error("stop"),
  });
});
