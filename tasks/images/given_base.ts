/**
 * A base image that a caller names by its digest, in a registry or a layout: its layers come first, below those
 * that the project adds.
 *
 * @module
 */

import {
  Client,
  type Descriptor,
  type Digest,
  type Index,
  type Manifest,
  type Platform,
  type Store,
  type Target,
} from "@blobber/core";
import { type Architecture, ARCHITECTURE_NAMES } from "./architectures.ts";
import type { Layer } from "./layers.ts";

/** Layers of a base by processor, and how the images name it. */
export interface Base {
  layers: Record<Architecture, Layer[]>;
  annotations: Record<string, string>;
}

/**
 * Copies the layers of a base into a store. Every byte is checked against the digest in the reference, by way
 * of the documents below it.
 *
 * @param ref `REPOSITORY@sha256:…` or `oci:PATH@sha256:…`
 * @throws {Error} for a reference without a digest, and for a base that lacks a processor
 */
export async function copyBase(ref: string, into: Target): Promise<Base> {
  const [, name, digest] = /^(.+)@(sha256:[0-9a-f]{64})$/.exec(ref) ?? [];
  if (name === undefined) {
    throw new Error(`the base "${ref}" has no digest, expected NAME@sha256:…`);
  }
  await using client = new Client();
  const store = await client.store(ref);
  const at = (reference: string) => ({ store, reference });
  const layers = {} as Record<Architecture, Layer[]>;
  const { manifests } = jsonOf<Index>((await client.raw(at(digest!), "manifest")).bytes);
  for (const architecture of ARCHITECTURE_NAMES) {
    const image = manifests.find(({ platform }) => isFor(platform, architecture));
    if (image === undefined) throw new Error(`the base ${name} is not made for ${architecture}`);
    const manifest = jsonOf<Manifest>((await client.raw(at(image.digest), "manifest")).bytes);
    const config = jsonOf<Config>((await client.raw(at(image.digest), "config")).bytes);
    const { diff_ids } = config.rootfs;
    if (diff_ids.length !== manifest.layers.length) {
      throw new Error(`the config of ${image.digest} lists other layers than its manifest`);
    }
    layers[architecture] = [];
    for (const [index, descriptor] of manifest.layers.entries()) {
      await copyBlob(store, into, descriptor);
      layers[architecture].push({
        descriptor,
        diffId: diff_ids[index]!,
        comment: `base ${digest}`,
      });
    }
  }
  return {
    layers,
    annotations: {
      "org.opencontainers.image.base.name": name,
      "org.opencontainers.image.base.digest": digest!,
    },
  };
}

interface Config {
  rootfs: { diff_ids: Digest[] };
}

const jsonOf = <T>(bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as T;

function isFor(platform: Platform | undefined, architecture: Architecture): boolean {
  return platform?.os === "linux" && platform.architecture === architecture;
}

/** The target checks what comes: a blob that is not its descriptor's is never there. */
async function copyBlob(from: Store, into: Target, descriptor: Descriptor): Promise<void> {
  if (await into.has(descriptor)) return;
  const blob = await into.begin(descriptor.mediaType);
  try {
    for await (const bytes of await from.fetch(descriptor)) await blob.write(bytes);
    await blob.commit(descriptor);
  } finally {
    await blob.abort();
  }
}
