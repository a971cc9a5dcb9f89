import { after, test } from "node:test";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "../digest.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { push, type PushInput, type PushSettings } from "./push.ts";
import type { Signer } from "../signing.ts";
import type { BlobWriter } from "../store.ts";
import { ANNOTATION, type Descriptor, type Manifest, MEDIA_TYPE } from "../types.ts";
import { readChecked } from "../checked_content.ts";
import { signedName } from "../../tests/fakes/registry/references.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-push-"));
after(() => rmSync(scratch, { recursive: true }));

const tree = join(scratch, "tree");
mkdirSync(join(tree, "bin"), { recursive: true });
mkdirSync(join(tree, "empty"));
writeFileSync(join(tree, "bin/run"), "#!/bin/sh\n");
chmodSync(join(tree, "bin/run"), 0o755);
writeFileSync(join(tree, "note.txt"), "hello\n");
chmodSync(join(tree, "note.txt"), 0o644);
symlinkSync("bin/run", join(tree, "start"));
for (const path of ["bin", "empty"]) chmodSync(join(tree, path), 0o755);

class Counting extends MemoryStore {
  begun = 0;
  override begin(mediaType: string): Promise<BlobWriter> {
    this.begun++;
    return super.begin(mediaType);
  }
}

async function read(store: MemoryStore, descriptor: Descriptor): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  return await readChecked(await store.fetch(descriptor), { digest, size, name: "it" }, 1e8);
}

async function manifestOf(store: MemoryStore, reference: string): Promise<Manifest> {
  const document = await readDocument(store, await store.resolve(reference));
  return document.value as Manifest;
}

test("a pushed directory is an image of one layer, in its portable form", async () => {
  const store = new MemoryStore();
  const result = await push(store, { directory: tree }, {
    tags: ["v1", "latest", "v1"],
    annotations: { "b": "2", "a": "1" },
  });
  assert.deepEqual(result.tags, ["v1", "latest"]);
  const manifest = await manifestOf(store, "v1");
  assert.deepEqual(await manifestOf(store, "latest"), manifest);
  assert.equal((await store.resolve("v1")).digest, result.digest);
  assert.equal(manifest.artifactType, undefined);
  assert.equal(manifest.layers.length, 1);
  assert.deepEqual(Object.entries(manifest.annotations!), [
    ["a", "1"],
    ["b", "2"],
    ["dev.blobber.tree.digest", result.tree],
  ]);
  const [layer] = manifest.layers;
  assert.equal(layer!.mediaType, MEDIA_TYPE.layerGzip);
  assert.match(layer!.annotations![ANNOTATION.tocDigest]!, /^sha256:/);
  const tar = gunzipSync(await read(store, layer!));
  assert.equal(digestOf(tar), result.layer.diffId);
  assert.equal(
    new TextDecoder().decode(await read(store, manifest.config)),
    `{"architecture":"amd64","os":"linux","config":{},` +
      `"rootfs":{"type":"layers","diff_ids":["${result.layer.diffId}"]}}`,
  );
  assert.equal(result.layer.entries, 5);
});

test("zstd layers say so, and another media type is taken as it is", async () => {
  const store = new MemoryStore();
  const layerOf = async (options: PushSettings) => {
    const { digest } = await push(store, { directory: tree }, options);
    return (await manifestOf(store, digest)).layers[0]!;
  };
  assert.equal((await layerOf({ compression: "zstd" })).mediaType, MEDIA_TYPE.layerZstd);
  const layerMediaType = "application/vnd.acme.layer+gzip";
  assert.equal((await layerOf({ layerMediaType })).mediaType, layerMediaType);
});

test("a tag that exists is not moved with ifAbsent, and nothing is sent", async () => {
  const store = new Counting();
  const first = await push(store, { directory: tree }, { tags: ["v1"] });
  store.begun = 0;
  await assert.rejects(
    push(store, { directory: tree }, {
      tags: ["v2", "v1"],
      ifAbsent: true,
      annotations: { another: "artifact" },
    }),
    { code: "conflict", message: /"v1"/ },
  );
  assert.equal(store.begun, 0);
  await assert.rejects(store.resolve("v2"), { code: "not-found" });
  assert.equal((await store.resolve("v1")).digest, first.digest);
});

test("immutable-tag: ifAbsent with the digest that the tag names is done, and nothing is sent", async () => {
  const store = new Counting();
  const first = await push(store, { directory: tree }, { tags: ["v1"] });
  store.begun = 0;
  const signer: Signer = {
    sign: () => Promise.resolve({ mediaType: "a/signature", bytes: new Uint8Array([1]) }),
  };
  const again = await push(store, { directory: tree }, { tags: ["v1", "v2"], ifAbsent: true });
  assert.equal(store.begun, 0);
  assert.deepEqual(again, { ...first, tags: ["v1", "v2"] });
  assert.equal((await store.resolve("v2")).digest, first.digest);
  const options = { tags: ["v1"], ifAbsent: true, signer };
  const { signature } = await push(store, { directory: tree }, options);
  const referrers = await Array.fromAsync(store.referrers(await store.resolve("v1")));
  assert.deepEqual(referrers.map(({ digest }) => digest), [signature]);
});

test("immutable-tag: what can be read only once is sent, and tagged only when the tag names it", async () => {
  const entries = (text: string): PushInput => ({
    entries: [{ path: "a", type: "file", content: new TextEncoder().encode(text) }],
  });
  const store = new MemoryStore();
  const first = await push(store, entries("one"), { tags: ["v1"] });
  const options = { tags: ["v1"], ifAbsent: true };
  assert.equal((await push(store, entries("one"), options)).digest, first.digest);
  await assert.rejects(push(store, entries("two"), options), { code: "conflict" });
  assert.equal((await store.resolve("v1")).digest, first.digest);
});

test("tags come after the signature, and not at all when signing fails", async () => {
  const store = new MemoryStore();
  const seen: string[] = [];
  const signer: Signer = {
    sign(manifest) {
      seen.push(manifest.digest, manifest.name!.repository!, ...manifest.name!.tags);
      return store.resolve("v1").then(() => assert.fail("the tag was there first"), () => ({
        mediaType: "application/vnd.acme.signature",
        bytes: new Uint8Array([1]),
      }));
    },
  };
  const name = signedName("example.com/app", "v1", "v2");
  const result = await push(store, { directory: tree }, { tags: ["v1"], signer, name });
  assert.deepEqual(seen, [result.digest, "example.com/app", "v1", "v2"]);
  const referrers = await Array.fromAsync(store.referrers(await store.resolve("v1")));
  assert.deepEqual(referrers.map((one) => one.digest), [result.signature]);

  const failing: Signer = { sign: () => Promise.reject(new Error("no")) };
  await assert.rejects(push(store, { directory: tree }, { tags: ["v2"], signer: failing }), /no/);
  await assert.rejects(store.resolve("v2"), { code: "not-found" });
});

test("a manifest that no pull would read is not stored", async () => {
  const store = new MemoryStore();
  const annotations = { a: "x".repeat(4 * 1024 * 1024) };
  await assert.rejects(push(store, { directory: tree }, { annotations, tags: ["v1"] }), {
    code: "limit",
    message: /^the manifest has 419\d{4} bytes, expected at most 4194304: it was not stored$/,
  });
  await assert.rejects(store.resolve("v1"), { code: "not-found" });
});

test("a reproducible push says which encoder made it, and its digest is pinned", async () => {
  const store = new MemoryStore();
  const how = { reproducible: true, annotations: { "org.test": "yes" } };
  const result = await push(store, { directory: tree }, { ...how, tags: ["v1"] });
  const [layer] = (await manifestOf(store, "v1")).layers;
  assert.equal(layer!.annotations!["dev.blobber.encoder"], "gzip-1");
  assert.equal(digestOf(gunzipSync(await read(store, layer!))), result.layer.diffId);
  assert.deepEqual({ digest: result.digest, layer: result.layer.digest }, {
    digest: "sha256:ac4cea0e1d27db8aa4fca4fe08feacc9e0c1fc738b604c067930e8b50292e9a0",
    layer: "sha256:97df101dadcf12e5805c83c0241d0aa13555a883c27bf367bacdcf8f5cc292a4",
  });
  const usual = await push(store, { directory: tree }, {
    ...how,
    reproducible: false,
    tags: ["v2"],
  });
  const [other] = (await manifestOf(store, "v2")).layers;
  assert.equal(other!.annotations!["dev.blobber.encoder"], undefined);
  assert.equal(usual.tree, result.tree);
});

test("what makes no sense is refused before anything is sent", async () => {
  const refused: PushSettings[] = [
    { layerMediaType: "tar" },
    { reproducible: true, compression: "zstd" },
    { annotations: { [ANNOTATION.treeDigest]: "sha256:00" } },
  ];
  for (const options of refused) {
    await assert.rejects(push(new MemoryStore(), { directory: tree }, options), {
      code: "invalid-option",
    });
  }
});
