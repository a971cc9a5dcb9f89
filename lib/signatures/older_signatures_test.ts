import assert from "node:assert/strict";
import { test } from "node:test";
import { blobOf, documentOf, sample, writeBlob } from "../../tests/fakes/store_suite.ts";
import { cosignTag } from "../artifact/cosign_tags.ts";
import { BlobberError } from "../errors.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { verifySignatures } from "../../tests/fakes/verify_signatures.ts";
import type { Signable, Verifier } from "../signing.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";

const TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";

/** A store with a manifest, and signatures of it in cosign's older form. */
async function signed(...payloads: string[]): Promise<{
  store: MemoryStore;
  manifest: Signable;
  tag: string;
}> {
  const store = new MemoryStore();
  const descriptor = await sample(store, "layer", { tag: "v1" });
  const { bytes } = await readDocument(store, descriptor);
  const tag = cosignTag(descriptor.digest, "sig");
  const config = blobOf("{}");
  await writeBlob(store, config, "{}");
  const layers: Descriptor[] = [];
  for (const payload of payloads) {
    const layer = { ...blobOf(payload), mediaType: TYPE, annotations: { of: payload } };
    await writeBlob(store, layer, payload);
    layers.push(layer);
  }
  const other = { ...blobOf("{}"), mediaType: "application/other" };
  const [signatures, bytesOfAll] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [other, ...layers],
  });
  await store.put(signatures, bytesOfAll);
  await store.tag(tag, signatures);
  const { mediaType, digest, size } = descriptor;
  return { store, manifest: { mediaType, digest, size, bytes }, tag };
}

/** Takes what says "good", if it takes the form at all. */
function verifier(accepts: boolean, asked: string[] = []): Verifier {
  return {
    accepts: (type) => accepts && type === TYPE,
    verify: (_, { bytes, annotations }) => {
      const text = new TextDecoder().decode(bytes);
      asked.push(text);
      assert.deepEqual(annotations, { of: text });
      return text === "good"
        ? Promise.resolve({
          signer: { kind: "other", description: "test" },
          checks: [{ name: "signature", result: "passed", evidence: "it says so" }],
        })
        : Promise.reject(new BlobberError("signature-invalid", `invalid signature: ${text}`));
    },
  };
}

test("cosign-sig-tag: signatures under the tag are judged one by one, with their annotations", async () => {
  const { store, manifest } = await signed("bad", "good", "more");
  const asked: string[] = [];
  const { rejected, looked } = await verifySignatures(store, manifest, verifier(true, asked));
  assert.deepEqual(asked, ["bad", "good"]);
  assert.equal(rejected.length, 1);
  assert.equal(looked, 2);
});

test("cosign-sig-tag: when none satisfies it is invalid, and when there is none it is none", async () => {
  const { store, manifest } = await signed("bad", "worse");
  await assert.rejects(verifySignatures(store, manifest, verifier(true)), {
    code: "signature-invalid",
    message: /bad; .*worse/,
  });
  const empty = await signed();
  await assert.rejects(verifySignatures(empty.store, empty.manifest, verifier(true)), {
    code: "no-signature",
  });
});

test("cosign-sig-tag: where older forms do not count, it is said that they are there", async () => {
  const { store, manifest, tag } = await signed("good");
  const asked: string[] = [];
  await assert.rejects(
    verifySignatures(store, manifest, verifier(false, asked)),
    (error: BlobberError) => {
      assert.equal(error.code, "no-signature");
      assert.ok(error.hint!.includes(tag), error.hint);
      return true;
    },
  );
  assert.deepEqual(asked, []);
});

test("cosign-sig-tag: a tag that names no manifest of signatures is no signature", async () => {
  const { store, manifest, tag } = await signed("good");
  const child = await sample(store, "child");
  const [index, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [child],
  });
  await store.put(index, bytes);
  await store.tag(tag, index);
  await assert.rejects(verifySignatures(store, manifest, verifier(true)), {
    code: "signature-invalid",
  });
});

test("cosign-sig-tag: a tag that cannot be read leaves it open, which is no proof", async () => {
  const { store, manifest, tag } = await signed("good");
  const resolve = store.resolve.bind(store);
  store.resolve = (name, options) =>
    name === tag
      ? Promise.reject(new BlobberError("network", "the connection broke"))
      : resolve(name, options);
  await assert.rejects(verifySignatures(store, manifest, verifier(true)), { code: "network" });
});
