/**
 * A tool that builds an artifact itself, without a client: it packs a layer, writes config and manifest into a
 * registry, and reads one file back. A client takes what it made for any other artifact.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ANNOTATION, Client, type Descriptor, MEDIA_TYPE, type Store } from "@blobber/core";
import { openLayer, packLayer } from "@blobber/core/estargz";
import { openRegistry } from "@blobber/core/registry";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function described(mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
  return { mediaType, digest, size: bytes.length };
}

async function build(store: Store, version: string): Promise<Descriptor> {
  const content = new TextEncoder().encode(`${version}\n`);
  const large = new Uint8Array(9_000_000).map((_, i) => (i * i) >> 7);
  const blob = await store.begin(MEDIA_TYPE.layerGzip);
  const { descriptor: layer, diffId, tree } = await packLayer(
    {
      entries: [
        { type: "directory", path: "data" },
        { type: "file", path: "data/large.bin", content: large },
        { type: "file", path: "version", content },
      ],
    },
    (bytes) => blob.write(bytes),
  );
  await blob.commit(layer);

  const config = encode({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const configDescriptor = described(MEDIA_TYPE.config, config);
  const writer = await store.begin(MEDIA_TYPE.config);
  await writer.write(config);
  await writer.commit(configDescriptor);

  const manifest = encode({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config: configDescriptor,
    layers: [layer],
    annotations: { [ANNOTATION.treeDigest]: tree },
  });
  const descriptor = described(MEDIA_TYPE.manifest, manifest);
  await store.put(descriptor, manifest);
  await store.tag(version, descriptor);
  return layer;
}

const registry = await startRegistry();
try {
  const reference = `${registry.host}/acme/tool`;
  const store = openRegistry(reference);
  const layer = await build(store, "v1");

  const opened = await openLayer(store, layer);
  assert.deepEqual([...opened!.entries()].map(({ path }) => path), [
    "data",
    "data/large.bin",
    "version",
  ]);
  assert.equal(await new Response(await opened!.open("version")).text(), "v1\n");
  assert.ok(opened!.chunks("data/large.bin").length > 1);
  await store.close?.();

  const client = new Client();
  const image = await client.openImage(`${reference}:v1`);
  assert.equal(new TextDecoder().decode(await image.read("version")), "v1\n");
  await client.treeDigest(`${reference}:v1`); // which holds the annotation against the files
  await client.close();
} finally {
  await registry.close();
}
