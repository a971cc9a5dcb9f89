/**
 * Which tags of a repository name a digest. No store can be asked that: each tag is asked for what it names, but
 * for those that are made of a digest themselves.
 *
 * @module
 */

import { isCosignTag } from "../../artifact/cosign_tags.ts";
import { isFallbackTag } from "../../artifact/fallback_tag.ts";
import type { Digest } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import { MAX_TAGS_ASKED, TAG_READS } from "../../limits.ts";
import type { CallOptions, Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { sortTags } from "../../text/version_order.ts";

/** What was found. */
export interface TagsOf {
  /** Tags that name it, in the order of versions. */
  names: string[];
  /** Tags that were asked. */
  looked: number;
  /** Whether there are more, which were not. */
  more: boolean;
}

/**
 * Looks for the tags that name a digest.
 *
 * @param source the repository
 * @param digest what they are to name
 */
export async function tagsOf(
  source: Source,
  digest: Digest,
  { signal }: CallOptions,
): Promise<TagsOf> {
  const asked: string[] = [];
  let more = false;
  for await (const tag of source.tags({ signal })) {
    if (isFallbackTag(tag) || isCosignTag(tag)) continue;
    if (asked.length === MAX_TAGS_ASKED) {
      more = true;
      break;
    }
    asked.push(tag);
  }
  const names: string[] = [];
  await inLanes(asked, { lanes: TAG_READS, signal }, async (tag, signal) => {
    try {
      const found = source.named === undefined
        ? await source.resolve(tag, { signal })
        : await source.named(tag, { signal });
      if (found?.digest === digest) names.push(tag);
    } catch (error) {
      // Removed since the list was made, or something that is no manifest: it does not name this one.
      if (!isBlobberError(error, "not-found", "invalid-manifest", "limit")) throw error;
    }
  });
  return { names: sortTags(names), looked: asked.length, more };
}
