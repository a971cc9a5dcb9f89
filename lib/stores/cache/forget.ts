/**
 * Forgetting what was removed: a cache must not answer for a tag that is gone, nor for a manifest. Its blobs are
 * let go of by the next pruning, as others may have them too.
 *
 * @module
 */

import { rmSync } from "node:fs";
import type { Digest } from "../../digest.ts";
import { cachePaths } from "./paths.ts";

/** What was removed from a store. */
export interface Forgotten {
  /** The store's name. */
  name: string;
  tags: readonly string[];
  digests: readonly Digest[];
}

/**
 * Forgets. What cannot be removed from a cache is no reason to fail: its content is right, and its tags are kept for
 * a time that the user chose.
 *
 * @param directory of the cache
 */
export function forgetRemoved(directory: string, { name, tags, digests }: Forgotten): void {
  const paths = cachePaths(directory);
  const gone = [
    ...tags.map((tag) => paths.tag(`${name}:${tag}`)),
    ...digests.flatMap((digest) => [
      paths.entry(digest),
      paths.listing(digest),
      paths.blob(digest),
      paths.sums(digest),
    ]),
  ];
  for (const path of gone) {
    try {
      rmSync(path, { force: true });
    } catch {
      // see above
    }
  }
}
