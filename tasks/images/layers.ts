/**
 * Layers of an image, made by the library and put into a store.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Descriptor, type Digest, MEDIA_TYPE, type Target } from "@blobber/core";
import { type InputEntry, packLayer } from "@blobber/core/estargz";
import { type OwnedDirectory, ownedTar } from "./owned_tar.ts";

/** A layer that is in a store. */
export interface Layer {
  /** What a manifest says of it. */
  descriptor: Descriptor;
  /** Digest of its tar, which the config states. */
  diffId: Digest;
  /** What it brings, for the image's history. */
  comment: string;
}

/**
 * Puts a layer with a table of contents into a store, the same bytes for the same entries in whatever order.
 * Everything in it belongs to root.
 *
 * @param entries files and links; their directories come by themselves
 * @param comment what the layer brings
 */
export async function putLayer(
  store: Target,
  entries: readonly InputEntry[],
  comment: string,
): Promise<Layer> {
  const blob = await store.begin(MEDIA_TYPE.layerGzip);
  try {
    const { descriptor, diffId } = await packLayer(
      { entries: inOrder(entries) },
      (bytes) => blob.write(bytes),
      { reproducible: true },
    );
    await blob.commit(descriptor);
    return { descriptor, diffId, comment };
  } finally {
    await blob.abort();
  }
}

/**
 * Puts a layer of empty directories that belong to a user into a store. The library gives everything to root, as
 * no pull keeps owners: this layer is a plain archive, of some hundred bytes.
 */
export async function putDirectories(
  store: Target,
  directories: readonly OwnedDirectory[],
  comment: string,
): Promise<Layer> {
  const tar = ownedTar(directories);
  // Stored, not compressed: the bytes are then those of every version of zlib.
  const bytes = new Uint8Array(gzipSync(tar, { level: 0 }));
  bytes[9] = 255; // the system that made it: unknown
  const descriptor = {
    mediaType: MEDIA_TYPE.layerGzip,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  await putBlob(store, descriptor, bytes);
  return { descriptor, diffId: digestOf(tar), comment };
}

/** Puts bytes that are in memory into a store. */
export async function putBlob(
  store: Target,
  descriptor: Descriptor,
  bytes: Uint8Array,
): Promise<void> {
  const blob = await store.begin(descriptor.mediaType);
  try {
    await blob.write(bytes);
    await blob.commit(descriptor);
  } finally {
    await blob.abort();
  }
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;
}

/** Entries by their paths, each directory before what is in it, and directories that no entry names. */
function inOrder(entries: readonly InputEntry[]): InputEntry[] {
  const all = new Map<string, InputEntry>();
  for (const entry of entries) {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (!all.has(path)) all.set(path, { type: "directory", path });
    }
    if (all.has(entry.path) && entry.type !== "directory") {
      throw new Error(`a layer would have "${entry.path}" twice`);
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => a.path < b.path ? -1 : 1);
}
