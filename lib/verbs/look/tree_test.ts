import assert from "node:assert/strict";
import { test } from "node:test";
import {
  index,
  linux,
  ListingStore,
  outline,
  refer,
  tree,
} from "../../../tests/fakes/referrer_trees.ts";
import { blobOf, documentOf, sample } from "../../../tests/fakes/store_suite.ts";
import { TOY, toy, ToyVerifier } from "../../../tests/fakes/toy_signatures.ts";
import { cosignTag } from "../../artifact/cosign_tags.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { MAX_SIGNATURE_BYTES } from "../../limits.ts";
import type { ClaimReader, TreeNode } from "../../looking.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";

const SPDX = "application/spdx+json";
const THING = "application/vnd.example.thing";
const SLSA = "https://slsa.dev/provenance/v1";
const DSSE = "application/vnd.dsse.envelope.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

test("a tree has the platforms, what refers to each, and what refers to that", async () => {
  const store = new MemoryStore();
  const [amd, arm] = [await sample(store, "amd"), await sample(store, "arm")];
  const root = await index(
    store,
    [{ ...amd, ...linux("amd64") }, { ...arm, ...linux("arm64") }],
    "v1",
  );
  await refer(store, root, THING);
  const sbom = await refer(store, amd, SPDX);
  await refer(store, sbom, BUNDLE);
  await refer(store, arm, BUNDLE, "x", {
    annotations: { "dev.sigstore.bundle.predicateType": SLSA },
  });
  const { root: found, isCut, verdicts } = await tree(store);
  assert.deepEqual(outline(found), [
    "index",
    "  amd64 manifest",
    "    sbom SPDX",
    "      signature unchecked",
    "  arm64 manifest",
    `    attestation unchecked attestation ${SLSA}`,
    `  artifact ${THING}`,
  ]);
  assert.deepEqual([isCut, verdicts], [false, []]);
  assert.equal(
    found.referrers[0]!.digest,
    (await store.referrers(root)[Symbol.asyncIterator]().next()).value.digest,
  );
  const one = await tree(store, { platform: { os: "linux", architecture: "amd64" } });
  assert.deepEqual(outline(one.root), ["manifest", "  sbom SPDX", "    signature unchecked"]);
});

test("what cosign keeps under tags hangs from what the tags are made of", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  const simple = "application/vnd.dev.cosign.simplesigning.v1+json";
  for (
    const [kind, layers] of [
      ["sig", [blobOf("one", simple), blobOf("two", simple)]],
      ["att", [{ ...blobOf("a", DSSE), annotations: { predicateType: SLSA } }]],
      ["sbom", [blobOf("b", "application/vnd.cyclonedx+json")]],
    ] as const
  ) {
    const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      config: blobOf("{}", MEDIA_TYPE.config),
      layers,
    });
    await store.put(descriptor, bytes);
    await store.tag(cosignTag(root.digest, kind), descriptor);
  }
  const { root: found } = await tree(store);
  assert.deepEqual(outline(found), [
    "manifest",
    "  signature unchecked unchecked",
    `  attestation unchecked attestation ${SLSA}`,
    "  sbom CycloneDX",
  ]);
  assert.deepEqual(found.referrers.map(({ tag }) => tag), [
    cosignTag(root.digest, "sig"),
    cosignTag(root.digest, "att"),
    cosignTag(root.digest, "sbom"),
  ]);
});

/** Puts a toy signature of what a descriptor names. */
const sign = (
  store: MemoryStore,
  subject: Descriptor,
  answer: Parameters<typeof toy>[1],
  note: string,
) => refer(store, subject, TOY, new TextDecoder().decode(toy(subject, answer, note).bytes));

test("a verdict is one of a verifier's; what it refuses and what nothing verifies is not", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  await sign(store, root, "good", "jo");
  await sign(store, root, "identity-mismatch", "eve");
  const sbom = await refer(store, root, SPDX);
  await sign(store, sbom, "good", "ann");
  await refer(store, root, BUNDLE, "not read by the verifier");
  const unverified = await tree(store);
  const states = (node: TreeNode): string[] =>
    [node, ...node.referrers.flatMap((one) => [one, ...one.referrers])]
      .flatMap(({ signatures = [] }) => signatures)
      .map(({ state, verdict, refusal }) =>
        [state, verdict?.signer.kind === "other" && verdict.signer.description, refusal?.code]
          .filter((part) => part).join(" ")
      ).sort();
  // Without a verifier, a type that nothing knows is none of a signature's.
  assert.deepEqual(states(unverified.root), ["unchecked"]);
  const { root: found, verdicts, signed } = await tree(store, {
    verifier: new ToyVerifier(),
    claims: TOYS,
  });
  assert.deepEqual(states(found), [
    "refused identity-mismatch",
    "unchecked",
    "verified ann",
    "verified jo",
  ]);
  assert.equal(signed, "root");
  assert.equal(verdicts.length, 1);
});

const TOYS: ClaimReader = { accepts: (type) => type === TOY, read: () => ({ kind: "signature" }) };

test("only what verification finds is verified, an attestation is not refused, and doubt is no refusal", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  await sign(store, root, "good", "jo");
  const verifier = new ToyVerifier();
  // In another form, which verify does not take for a signature either.
  const bytes = new TextDecoder().decode(toy(root, "good", "two").bytes);
  const layer = blobOf(bytes, TOY);
  await refer(store, root, TOY, bytes, { layers: [layer, layer] });
  await refer(store, root, "application/vnd.dsse.envelope.v1+json", bytes, { layers: [layer] });
  const states = async (claims?: ClaimReader) =>
    (await tree(store, { verifier, ...claims && { claims } })).root.referrers
      .flatMap(({ signatures = [] }) => signatures.map(({ state }) => state)).sort();
  assert.deepEqual(await states(), ["unchecked", "verified"]);
  // What states something else is no signature that fails.
  await sign(store, root, "signature-invalid", "slsa");
  assert.deepEqual(await states(), ["refused", "unchecked", "verified"]);
  const attested: ClaimReader = {
    accepts: (type) => type === TOY,
    read: ({ bytes }) => ({
      kind: new TextDecoder().decode(bytes).includes("slsa") ? "attestation" : "signature",
    }),
  };
  assert.deepEqual(await states(attested), ["unchecked", "unchecked", "verified"]);
  // Without a trust root nothing can be told.
  const sbom = await refer(store, root, SPDX);
  await sign(store, sbom, "trust-root", "ann");
  await assert.rejects(tree(store, { verifier }), { code: "trust-root" });
});

test("an attestation that is too large to be read is one all the same", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  const layer = { ...blobOf("large", BUNDLE), size: MAX_SIGNATURE_BYTES + 1 };
  const annotations = { "dev.sigstore.bundle.predicateType": SLSA };
  await refer(store, root, BUNDLE, "large", { layers: [layer], annotations });
  const claims: ClaimReader = { accepts: () => true, read: () => ({ kind: "signature" }) };
  assert.deepEqual(outline((await tree(store, { claims })).root), [
    "manifest",
    `  attestation unchecked attestation ${SLSA}`,
  ]);
});

test("where a signature is demanded and none satisfies, nothing is shown", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  await assert.rejects(tree(store, { verifier: new ToyVerifier() }), { code: "no-signature" });
  await sign(store, root, "identity-mismatch", "eve");
  await assert.rejects(tree(store, { verifier: new ToyVerifier() }), { code: "identity-mismatch" });
  // Of an index that is shown whole, a signature of one of its manifests is no proof.
  const list = await index(store, [{ ...root, ...linux("amd64") }], "list");
  await sign(store, root, "good", "jo");
  await assert.rejects(tree(store, { verifier: new ToyVerifier() }, "list"), {
    code: "no-signature",
  });
  await assert.rejects(
    tree(store, { verifier: new ToyVerifier() }, "list"),
    (error) =>
      isBlobberError(error) &&
      error.remedies.some((one) => "option" in one && one.option === "platform"),
  );
  const platform = { os: "linux", architecture: "amd64" };
  const chosen = await tree(store, { verifier: new ToyVerifier(), platform }, "list");
  assert.equal(chosen.signed, "manifest");
  await sign(store, list, "good", "jo");
  assert.equal((await tree(store, { verifier: new ToyVerifier() }, "list")).signed, "root");
});

test("claims are read of what is not verified, and a reader that fails hides nothing", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  await refer(store, root, BUNDLE, "says something");
  await refer(store, root, BUNDLE, "says nothing");
  const claims: ClaimReader = {
    accepts: (type) => type === BUNDLE,
    read: ({ bytes }) => {
      if (new TextDecoder().decode(bytes) === "says nothing") {
        throw Object.assign(new Error("unreadable"), {});
      }
      return Promise.resolve({ kind: "attestation", predicateType: SLSA });
    },
  };
  await assert.rejects(tree(store, { claims }), { message: "unreadable" });
  const forgiving: ClaimReader = {
    ...claims,
    read: async (signature) => {
      try {
        return await claims.read(signature);
      } catch (cause) {
        throw new BlobberError("signature-invalid", "unreadable", { cause });
      }
    },
  };
  assert.deepEqual(outline((await tree(store, { claims: forgiving })).root), [
    "manifest",
    "  signature unchecked",
    `  attestation unchecked attestation ${SLSA}`,
  ]);
});

test("what is listed and is no referrer is left out, and what cannot be read is said to be there", async () => {
  const store = new ListingStore();
  const root = await sample(store, "site", { tag: "v1" });
  const other = await sample(store, "other");
  const stranger = await refer(store, other, THING);
  const good = await refer(store, root, SPDX);
  const gone = { ...blobOf("gone"), mediaType: MEDIA_TYPE.manifest };
  const odd = blobOf("odd", "application/vnd.oci.artifact.manifest.v1+json");
  // A cycle: what refers to the root is said to be referred to by the root.
  store.lists.set(root.digest, [stranger, root, good, gone, odd, good]);
  store.lists.set(good.digest, [root, good]);
  const { root: found, isCut } = await tree(store);
  assert.deepEqual(outline(found), [
    "manifest",
    "  sbom SPDX",
    "  unread not-found",
    "  unread invalid-manifest",
  ]);
  assert.equal(isCut, true);
});

test("a tag of cosign's that leads back to the root ends there", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  await store.tag(cosignTag(root.digest, "sbom"), root);
  assert.deepEqual(outline((await tree(store)).root), ["manifest", "  artifact again"]);
});

test("the same manifest listed twice by an index is shown twice, and asked for once", async () => {
  const store = new ListingStore();
  const one = await sample(store, "one");
  await index(store, [{ ...one, ...linux("amd64") }, { ...one, ...linux("arm64") }], "v1");
  await refer(store, one, THING);
  assert.deepEqual(outline((await tree(store)).root), [
    "index",
    "  amd64 manifest",
    `    artifact ${THING}`,
    "  arm64 manifest again",
  ]);
  assert.equal(store.asked.referrers, 3);
});

test("an index in an index is opened, a third level is not; BuildKit's attestations are told from images", async () => {
  const store = new MemoryStore();
  const image = await sample(store, "image");
  const layer = {
    ...blobOf("s", "application/vnd.in-toto+json"),
    annotations: { "in-toto.io/predicate-type": SLSA },
  };
  const [attestation, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config: blobOf("{}", MEDIA_TYPE.config),
    layers: [layer],
  });
  await store.put(attestation, bytes);
  const third = await index(store, [image]);
  const inner = await index(store, [third, {
    ...attestation,
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  }]);
  await index(store, [{ ...image, ...linux("amd64") }, inner], "v1");
  assert.deepEqual(outline((await tree(store)).root), [
    "index",
    "  amd64 manifest",
    "  index",
    "    index [unasked=true]",
    `    attestation unchecked attestation ${SLSA}`,
  ]);
});

test("a store that cannot be asked ends the call, and so does a signal", async () => {
  const store = new ListingStore();
  await sample(store, "site", { tag: "v1" });
  store.referrers = async function* () {
    yield* [];
    throw new BlobberError("registry", "out of order");
  };
  await assert.rejects(tree(store), { code: "registry" });
  const stop = new AbortController();
  store.referrers = async function* () {
    yield* [];
    stop.abort();
    await new Promise(() => {});
  };
  await assert.rejects(
    tree(store, { signal: stop.signal }),
    (error) => isBlobberError(error, "interrupted"),
  );
});
