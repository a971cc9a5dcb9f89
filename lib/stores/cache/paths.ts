/**
 * Where things are in the cache. Everything in it is named by a digest and checked when it is read, so
 * nothing needs a lock: what is missing or damaged is fetched again.
 *
 * - `entries/sha256/HEX.json`: a manifest, its blobs, and when it was last used
 * - `blobs/sha256/HEX`, and `sums/sha256/HEX`, digests of its blocks, so that a range is checked alone
 * - `parts/sha256/HEX/START-END-DIGEST`: a range of a blob
 * - `listings/sha256/HEX`: names in a manifest, and `push/`: layers of earlier pushes, each behind a code
 * - `tags/`: what tags pointed at; `origin`: the random bytes of the key for those codes; `temp/`
 *
 * @module
 */

import { type Digest, digestOf, hexOf } from "../../digest.ts";
import type { OwnPlaces } from "../own/directory.ts";

/** The folders of a cache, with nothing in them but what {@linkcode CachePaths} names. */
export const FOLDERS = {
  /** Whole content, `HEX`. */
  blobs: "blobs/sha256",
  /** What belongs together, `HEX.json` by the manifest's digest; its time is that of the last use. */
  entries: "entries/sha256",
  /** Ranges of blobs that are not there whole: `HEX/START-END-DIGEST`. */
  parts: "parts/sha256",
  /** Digests of the blocks of whole blobs, `HEX`, so that a range is checked without reading the rest. */
  sums: "sums/sha256",
  /** What a tag pointed at, and when. */
  tags: "tags",
  /** What pushes have sent. */
  push: "push",
  /** The names in an artifact, `HEX` by the manifest's digest. */
  listings: "listings/sha256",
  /** Files in the making. */
  temp: "temp",
} as const;

/** The places of one cache. */
export interface CachePaths extends OwnPlaces {
  folder(name: keyof typeof FOLDERS): string;
  blob(digest: Digest): string;
  entry(digest: Digest): string;
  parts(digest: Digest): string;
  sums(digest: Digest): string;
  tag(key: string): string;
  push(key: string): string;
  listing(manifest: Digest): string;
}

/**
 * The places of the cache in a directory.
 *
 * @param root the directory
 */
export function cachePaths(root: string): CachePaths {
  const folder = (name: keyof typeof FOLDERS) => `${root}/${FOLDERS[name]}`;
  const hashed = (key: string) => `${hexOf(digestOf(key))}.json`;
  return {
    root,
    origin: `${root}/origin`,
    temp: folder("temp"),
    folders: Object.values(FOLDERS),
    closedTo: "every user",
    folder,
    blob: (digest) => `${folder("blobs")}/${hexOf(digest)}`,
    entry: (digest) => `${folder("entries")}/${hexOf(digest)}.json`,
    parts: (digest) => `${folder("parts")}/${hexOf(digest)}`,
    sums: (digest) => `${folder("sums")}/${hexOf(digest)}`,
    tag: (key) => `${folder("tags")}/${hashed(key)}`,
    push: (key) => `${folder("push")}/${hashed(key)}`,
    listing: (manifest) => `${folder("listings")}/${hexOf(manifest)}`,
  };
}
