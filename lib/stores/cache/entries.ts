/**
 * Entries: what belongs together in the cache, by the digest of its manifest. An entry is what is counted,
 * and what is removed as one.
 *
 * @module
 */

import { type Digest, isDigest } from "../../digest.ts";
import { touch } from "../../system/disk.ts";
import { isDocumentType } from "../../artifact/manifest.ts";
import { nodeModule } from "../../system/runtime.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import type { CachePaths } from "./paths.ts";
import { readRecord, writeRecord } from "./record.ts";

/** What an entry holds. */
export interface Entry {
  /** The manifest. */
  descriptor: Descriptor;
  /** Digests of the blobs that the manifest lists. */
  blobs: Digest[];
  /** When it was first fetched, in milliseconds since 1970. */
  created: number;
}

/** Records that a manifest is in the cache. */
export function keepEntry(paths: CachePaths, document: Document<Manifest | Index>): void {
  const { descriptor: { mediaType, digest, size }, value } = document;
  const listed = "layers" in value ? [value.config, ...value.layers] : [];
  const entry: Entry = {
    descriptor: { mediaType, digest, size },
    blobs: [...new Set(listed.map((one) => one.digest))],
    created: Date.now(),
  };
  writeRecord(paths, paths.entry(digest), entry);
}

/** The entry of a manifest. */
export function readCacheEntry(paths: CachePaths, digest: Digest): Entry | undefined {
  const entry = readRecord(paths.entry(digest)) as Partial<Entry> | undefined;
  const { descriptor, blobs, created } = entry ?? {};
  const sound = descriptor?.digest === digest && isDocumentType(descriptor.mediaType) &&
    Number.isSafeInteger(descriptor.size) && Array.isArray(blobs) && blobs.every(isDigest) &&
    typeof created === "number";
  if (!sound) return undefined;
  const { mediaType, size } = descriptor;
  return { descriptor: { mediaType, digest, size }, blobs, created };
}

/**
 * Notes that an entry was used: the time of the file is the time of the last use.
 *
 * @returns whether there is one
 */
export function touchEntry(paths: CachePaths, digest: Digest): boolean {
  return touch(paths.entry(digest));
}

/** Every entry and when it was last used, in milliseconds since 1970. */
export function listEntries(paths: CachePaths): (Entry & { used: number })[] {
  const { readdirSync, lstatSync } = nodeModule("fs");
  let names: string[];
  try {
    names = readdirSync(paths.folder("entries"));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const digest = `sha256:${name.replace(/\.json$/, "")}`;
    if (!isDigest(digest)) return [];
    const path = `${paths.folder("entries")}/${name}`;
    try {
      const used = lstatSync(path).mtimeMs;
      const entry = readCacheEntry(paths, digest);
      return entry ? [{ ...entry, used }] : [];
    } catch { // removed meanwhile
      return [];
    }
  });
}
