/**
 * Tags that a push may not move.
 *
 * @module
 */

import { tagTaken } from "../../artifact/tag_taken.ts";
import type { Digest } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import type { CallOptions, Source } from "../../store.ts";

/** A tag that is set, and what it points at. */
export interface TakenTag {
  tag: string;
  digest: Digest;
}

/** Which of some tags are set. A store looks again when it is to set one that may not move. */
export async function findTakenTags(
  source: Source,
  tags: readonly string[],
  { signal }: CallOptions,
): Promise<TakenTag[]> {
  const taken: TakenTag[] = [];
  for (const tag of tags) {
    const found = await source.resolve(tag, { signal }).catch((error) => {
      if (isBlobberError(error, "not-found")) return undefined;
      throw error;
    });
    if (found !== undefined) taken.push({ tag, digest: found.digest });
  }
  return taken;
}

/**
 * Checks that tags name an artifact already.
 *
 * @throws {BlobberError} `conflict` for one that points elsewhere
 */
export function checkTakenTags(taken: readonly TakenTag[], digest: Digest, store: Source): void {
  const other = taken.find((one) => one.digest !== digest);
  if (other !== undefined) throw tagTaken(other.tag, other.digest, store);
}
