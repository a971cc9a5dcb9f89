import assert from "node:assert/strict";
import { test } from "node:test";
import { blobOf, documentOf, sample } from "../../tests/fakes/store_suite.ts";
import { toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { resolveArtifact, resolveRoot } from "./resolve.ts";
import { digestOf } from "../digest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { thisPlatform } from "../system/platform.ts";
import { attachSignature } from "./attach_signature.ts";
import type { CallOptions, FetchOptions } from "../store.ts";
import { streamOf } from "../system/streams.ts";
import { type Descriptor, MEDIA_TYPE, type Platform } from "../types.ts";

/** A store that writes down which content it gave away, and may lie about it. */
class Watched extends MemoryStore {
  fetched: string[] = [];
  lies = new Map<string, Uint8Array>();
  claims = new Map<string, Descriptor>();
  onResolve = () => Promise.resolve();
  override async resolve(tag: string, options?: CallOptions): Promise<Descriptor> {
    const found = this.claims.get(tag) ?? await super.resolve(tag, options);
    await this.onResolve();
    return found;
  }
  override fetch(target: Descriptor, options: FetchOptions = {}) {
    this.fetched.push(target.digest);
    const lie = this.lies.get(target.digest);
    return lie ? Promise.resolve(streamOf(lie)) : super.fetch(target, options);
  }
}

const host = thisPlatform();
const other: Platform = { os: "plan9", architecture: "mips" };

async function put(
  store: MemoryStore,
  mediaType: string,
  value: unknown,
  tag?: string,
): Promise<Descriptor> {
  const [descriptor, bytes] = documentOf(mediaType, value);
  await store.put(descriptor, bytes);
  if (tag !== undefined) await store.tag(tag, descriptor);
  return descriptor;
}

const putIndex = (store: MemoryStore, manifests: Descriptor[], tag?: string) =>
  put(store, MEDIA_TYPE.index, { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests }, tag);

/** Puts bytes that no store would take, under a tag. */
function force(store: Watched, value: unknown, mediaType: string = MEDIA_TYPE.manifest): void {
  const [descriptor, bytes] = documentOf(mediaType, value);
  store.claims.set("v1", descriptor);
  store.lies.set(descriptor.digest, bytes);
}

test("a manifest is resolved once and read by its digest", async () => {
  const store = new Watched();
  const manifest = await sample(store, "content", { tag: "v1" });
  const found = await resolveArtifact(store, "v1");
  assert.deepEqual([found.root.descriptor, found.manifest.descriptor], [manifest, manifest]);
  assert.deepEqual(store.fetched, [manifest.digest]);
});

test("a tag that moves between resolve and fetch changes nothing", async () => {
  const store = new Watched();
  const first = await sample(store, "first", { tag: "v1" });
  const second = await sample(store, "second");
  await attachSignature(store, first, toy(first));
  store.onResolve = () => store.tag("v1", second);
  const found = await resolveArtifact(store, "v1", { verifier: new ToyVerifier() });
  assert.equal(found.manifest.descriptor.digest, first.digest);
  assert.ok(!store.fetched.includes(second.digest));
});

test("a body that is not the digest's is refused", async () => {
  const store = new Watched();
  const manifest = await sample(store, "content", { tag: "v1" });
  store.lies.set(manifest.digest, new TextEncoder().encode("x".repeat(manifest.size)));
  await assert.rejects(resolveArtifact(store, "v1"), { code: "integrity" });
});

test("a store that answers another digest than the one asked for is refused", async () => {
  const store = new Watched();
  const manifest = await sample(store, "content", { tag: "v1" });
  const asked = digestOf("asked");
  store.claims.set(asked, manifest);
  await assert.rejects(resolveArtifact(store, asked), { code: "integrity" });
  assert.deepEqual(store.fetched, []);
});

test("another digest than the expected one is refused before anything is read", async () => {
  const store = new Watched();
  await sample(store, "content", { tag: "v1" });
  const expect = digestOf("expected");
  await assert.rejects(resolveArtifact(store, "v1", { expect }), { code: "integrity" });
  assert.deepEqual(store.fetched, []);
});

const config = blobOf("{}", MEDIA_TYPE.config);
const layer = blobOf("layer", MEDIA_TYPE.layerGzip);
const good = { schemaVersion: 2, mediaType: MEDIA_TYPE.manifest, config, layers: [layer] };
const bad: Record<string, unknown> = {
  "CVE-2021-41190: manifests and layers": { ...good, manifests: [] },
  "CVE-2021-41190: another mediaType": { ...good, mediaType: MEDIA_TYPE.index },
  "a mediaType that is no text": { ...good, mediaType: 7 },
  "no layers": { ...good, layers: [] },
  "layers that are no list": { ...good, layers: {} },
  "too many layers": { ...good, layers: Array.from({ length: 600 }, () => layer) },
  "no config": { ...good, config: undefined },
  "schemaVersion 1": { ...good, schemaVersion: 1 },
  "no schemaVersion": { ...good, schemaVersion: undefined },
  "a size without a text": {
    ...good,
    layers: [{ ...layer, size: { toString: 1, valueOf: 1 } }],
  },
  "a mediaType without a text": { ...good, mediaType: { toString: 1, valueOf: 1 } },
  "a list": [good],
  "null": null,
  "urls that are no text": { ...good, layers: [{ ...layer, urls: [5] }] },
  "a lying data field": { ...good, config: { ...config, data: btoa("[]") } },
  "a size beyond 2^53": { ...good, layers: [{ ...layer, size: 2 ** 63 }] },
  "a negative size": { ...good, layers: [{ ...layer, size: -1 }] },
  "a size that is text": { ...good, layers: [{ ...layer, size: "5" }] },
  "annotations that are no text": { ...good, annotations: { a: 1 } },
  "a media type that is none": { ...good, layers: [{ ...layer, mediaType: "x" }] },
};
for (const [what, value] of Object.entries(bad)) {
  test(`${what} is refused`, async () => {
    const store = new Watched();
    force(store, value);
    await assert.rejects(resolveArtifact(store, "v1"), { code: "invalid-manifest" });
  });
}

for (
  const digest of ["sha256:00", "sha512:" + "0".repeat(128), "../../x", 5, undefined, {
    toString: 1,
  }]
) {
  test(`a layer with the digest ${JSON.stringify(digest)} is refused`, async () => {
    const store = new Watched();
    force(store, { ...good, layers: [{ ...layer, digest }] });
    await assert.rejects(resolveArtifact(store, "v1"), { code: "integrity" });
  });
}

test("unknown fields, null annotations and a true data field are no reason to refuse", async () => {
  const store = new Watched();
  force(store, {
    ...good,
    config: { ...config, data: btoa("{}") },
    annotations: null,
    future: true,
    ["__proto__"]: 1,
  });
  const { manifest } = await resolveArtifact(store, "v1");
  assert.deepEqual(Object.keys(manifest.value).sort(), [
    "config",
    "layers",
    "mediaType",
    "schemaVersion",
  ]);
});

test("an index resolves to this machine's manifest, or the one asked for", async () => {
  const store = new MemoryStore();
  const here = await sample(store, "here");
  const there = await sample(store, "there");
  await putIndex(store, [{ ...there, platform: other }, { ...here, platform: host }], "v1");
  const found = await resolveArtifact(store, "v1");
  assert.equal(found.manifest.descriptor.digest, here.digest);
  const asked = await resolveArtifact(store, "v1", { platform: other });
  assert.equal(asked.manifest.descriptor.digest, there.digest);
  await assert.rejects(
    resolveArtifact(store, "v1", { platform: { os: "plan9", architecture: "arm" } }),
    { code: "not-found" },
  );
});

test("the only manifest is chosen where none is asked for, attestations aside", async () => {
  const store = new MemoryStore();
  const only = await sample(store, "only");
  const attestation = await sample(store, "attestation");
  const unknown = { os: "unknown", architecture: "unknown" };
  await putIndex(
    store,
    [{ ...only, platform: other }, { ...attestation, platform: unknown }],
    "v1",
  );
  const found = await resolveArtifact(store, "v1");
  assert.equal(found.manifest.descriptor.digest, only.digest);
});

test("variants: the exact one, else the only one, else refused", async () => {
  const store = new MemoryStore();
  const arm = { os: "linux", architecture: "arm" };
  const v6 = await sample(store, "v6");
  const v7 = await sample(store, "v7");
  const both = [{ ...v6, platform: { ...arm, variant: "v6" } }, {
    ...v7,
    platform: { ...arm, variant: "v7" },
  }];
  await putIndex(store, both, "v1");
  const found = await resolveArtifact(store, "v1", { platform: { ...arm, variant: "v7" } });
  assert.equal(found.manifest.descriptor.digest, v7.digest);
  await assert.rejects(resolveArtifact(store, "v1", { platform: arm }), {
    code: "invalid-manifest",
  });
  await putIndex(store, both.slice(0, 1), "v2");
  const one = await resolveArtifact(store, "v2", { platform: arm });
  assert.equal(one.manifest.descriptor.digest, v6.digest);
  const arm64 = { os: "linux", architecture: "arm64" };
  await putIndex(store, [{ ...v6, platform: arm64 }], "v3");
  await resolveArtifact(store, "v3", { platform: { ...arm64, variant: "v8" } });
});

test("two manifests for one platform are refused", async () => {
  const store = new MemoryStore();
  const one = { ...await sample(store, "one"), platform: host };
  const two = { ...await sample(store, "two"), platform: host };
  await putIndex(store, [one, two], "v1");
  await assert.rejects(resolveArtifact(store, "v1"), { code: "invalid-manifest" });
  await putIndex(store, [one, one], "v2");
  await resolveArtifact(store, "v2");
  const nested = await putIndex(store, [two]);
  await putIndex(store, [one, nested], "v3");
  await assert.rejects(resolveArtifact(store, "v3"), { code: "invalid-manifest" });
});

test("an index inside an index is followed, a deeper one is refused", async () => {
  const store = new MemoryStore();
  const manifest = { ...await sample(store, "content"), platform: host };
  const inner = await putIndex(store, [manifest]);
  const middle = await putIndex(store, [inner], "v2");
  await putIndex(store, [middle], "v3");
  const found = await resolveArtifact(store, "v2");
  assert.equal(found.manifest.descriptor.digest, manifest.digest);
  await assert.rejects(resolveArtifact(store, "v3"), { code: "limit" });
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, i) => putIndex(store, [{ ...manifest, size: i }])),
  );
  await putIndex(store, many, "v4");
  await assert.rejects(resolveArtifact(store, "v4"), { code: "limit" });
});

test("nothing but the manifest and its signatures is read before they are verified", async () => {
  const store = new Watched();
  const manifest = await sample(store, "content", { tag: "v1" });
  const index = await putIndex(store, [{ ...manifest, platform: host }], "v2");
  const signature = await attachSignature(store, index, toy(index));
  store.fetched = [];
  const found = await resolveArtifact(store, "v2", { verifier: new ToyVerifier() });
  assert.equal(found.proofs[0]!.signed, "root");
  assert.deepEqual(store.fetched, [
    index.digest,
    signature.digest,
    blobOf(toy(index).bytes).digest,
    manifest.digest,
  ]);
});

test("an unsigned index above a signed manifest is accepted and reported", async () => {
  const store = new MemoryStore();
  const manifest = await sample(store, "content");
  await putIndex(store, [{ ...manifest, platform: host }], "v1");
  await attachSignature(store, manifest, toy(manifest));
  const notices: string[] = [];
  const verifier = new ToyVerifier();
  const options = { verifier, onNotice: (notice: { code: string }) => notices.push(notice.code) };
  const found = await resolveArtifact(store, "v1", options);
  assert.equal(found.proofs[0]!.signed, "manifest");
  assert.deepEqual(notices, ["unsigned-index"]);
  // The other manifests of the index are not proven by it, so the index as a whole is not.
  await assert.rejects(resolveRoot(store, "v1", { verifier }), { code: "no-signature" });
});

/** An index with no signature of its own, of a manifest that is signed and one that is not. */
async function unsignedIndex(
  store: MemoryStore,
): Promise<{ index: Descriptor; signed: Descriptor }> {
  const signed = await sample(store, "signed");
  const evil = await sample(store, "evil");
  const index = await putIndex(
    store,
    [{ ...signed, platform: host }, { ...evil, platform: other }],
    "v1",
  );
  await attachSignature(store, signed, toy(signed));
  return { index, signed };
}

test("unsigned-index-verify: proven is the manifest that is signed, and nothing of its index", async () => {
  const store = new MemoryStore();
  const { index, signed } = await unsignedIndex(store);
  const options = { verifier: new ToyVerifier() };
  const { root, manifest, proven } = await resolveArtifact(store, "v1", options);
  assert.equal(root.descriptor.digest, index.digest);
  assert.equal(manifest.descriptor.digest, signed.digest);
  assert.deepEqual(proven, signed);
  await assert.rejects(resolveArtifact(store, "v1", { ...options, platform: other }), {
    code: "no-signature",
  });
  for (
    const resolve of [
      () => resolveRoot(store, "v1", options),
      () => resolveArtifact(store, "v1", { ...options, whole: true }),
    ]
  ) {
    await assert.rejects(resolve, { code: "no-signature" });
  }
  assert.equal((await resolveArtifact(store, "v1")).proven, undefined);
  // Its own signature proves it, with all that it lists.
  await attachSignature(store, index, toy(index));
  for (const platform of [host, other]) {
    assert.deepEqual((await resolveArtifact(store, "v1", { ...options, platform })).proven, index);
  }
  assert.deepEqual((await resolveRoot(store, "v1", options)).proven, index);
});

test("unsigned-index-verify: of several verifiers each must cover what is proven", async () => {
  const store = new MemoryStore();
  const { index, signed } = await unsignedIndex(store);
  await attachSignature(store, index, toy(index, "good", "acme"));
  const acme = new ToyVerifier();
  const verify = acme.verify.bind(acme);
  acme.verify = async (manifest, signature) => {
    const verdict = await verify(manifest, signature);
    assert.equal(acme.seen.at(-1), "acme");
    return verdict;
  };
  const other = new ToyVerifier();
  const verifyOther = other.verify.bind(other);
  other.verify = async (manifest, signature) => {
    const verdict = await verifyOther(manifest, signature);
    assert.notEqual(other.seen.at(-1), "acme");
    return verdict;
  };
  const verifier = [acme, other];
  for (const order of [verifier, verifier.toReversed()]) {
    const { proofs, proven } = await resolveArtifact(store, "v1", { verifier: order });
    assert.deepEqual(proofs.map((proof) => proof.signed).sort(), ["manifest", "root"]);
    assert.deepEqual(proven, signed);
  }
});

test("an unsigned index without this platform is unsigned first of all", async () => {
  const store = new MemoryStore();
  const manifest = await sample(store, "content");
  const entry = { ...manifest, platform: other };
  await putIndex(
    store,
    [entry, { ...await sample(store, "x"), platform: { ...other, os: "y" } }],
    "v1",
  );
  await assert.rejects(resolveArtifact(store, "v1", { verifier: new ToyVerifier() }), {
    code: "no-signature",
  });
});

test("a signed file that is a manifest is no signature of it, here or as a blob", async () => {
  // The oracle: a service signs files for others. Its signature names the file's bytes, which are a
  // manifest's. The core hands every verifier digest and media type; binding them is the verifier's.
  const store = new MemoryStore();
  const manifest = await sample(store, "content", { tag: "v1" });
  const seen: unknown[] = [];
  const verifier = new ToyVerifier();
  const verify = verifier.verify.bind(verifier);
  verifier.verify = (signable, signature) => {
    const { digest, mediaType, size, bytes } = signable;
    seen.push({ digest, mediaType, size, bytes: digestOf(bytes) });
    return verify(signable, signature);
  };
  await attachSignature(store, manifest, toy(manifest));
  await resolveArtifact(store, "v1", { verifier });
  assert.deepEqual(seen, [{ ...manifest, bytes: manifest.digest }]);
});
