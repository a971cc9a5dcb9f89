/**
 * The verbs about tags: which ones a call names, setting them, and listing them.
 *
 * @module
 */

import { isCosignTag } from "../artifact/cosign_tags.ts";
import { isFallbackTag } from "../artifact/fallback_tag.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";
import { sortTags } from "../text/version_order.ts";
import type { TagListOptions } from "../options.ts";
import { checkTag, tagOf } from "../reference.ts";
import type { CallOptions, SetTagOptions, Source, Store } from "../store.ts";
import type { Named } from "../stores/named.ts";
import type { Descriptor } from "../types.ts";
import { type ResolveOptions, resolveRoot } from "./resolve.ts";

/**
 * Checks tags that a caller names.
 *
 * @throws {BlobberError} `invalid-reference`
 */
export function checkTags(tags: readonly string[] = []): readonly string[] {
  for (const tag of tags) checkTag(tag);
  return tags;
}

/**
 * The tags of a push: the one that was named, `latest` where none was, and further ones.
 *
 * @throws {BlobberError} `invalid-reference` for a reference with a digest, too
 */
export function tagsToPush(named: Named, further: readonly string[] = []): string[] {
  if (named.digest !== undefined) {
    throw new BlobberError(
      "invalid-reference",
      `invalid reference: ${quote(named.text)}: a push makes its digest, ` +
        "expected a tag or none",
    );
  }
  return [...new Set([tagOf(named)!, ...checkTags(further)])];
}

/**
 * Points tags at an artifact.
 *
 * @param store where the artifact is
 * @param selector names it
 * @param tags the tags
 * @returns what they point at
 * @throws {BlobberError} `invalid-reference`, `not-found`, `conflict`, and what verification says
 */
export async function tagArtifact(
  store: Store,
  { selector, tags }: { selector: string; tags: readonly string[] },
  options: ResolveOptions & SetTagOptions,
): Promise<Descriptor> {
  checkTags(tags);
  const { root } = await resolveRoot(store, selector, options);
  const { mediaType, digest, size } = root.descriptor;
  const { signal, ifAbsent } = options;
  for (const tag of tags) await store.tag(tag, { mediaType, digest, size }, { signal, ifAbsent });
  return { mediaType, digest, size };
}

/** The tags in a store, without those that stand in for the referrers API. */
export async function* listTags(source: Source, options: CallOptions): AsyncIterable<string> {
  for await (const tag of source.tags(options)) {
    if (!isFallbackTag(tag)) yield tag;
  }
}

/**
 * The tags in a store in the order of versions, the newest last. Tags that are made of a digest, and that no person
 * gave, are left out unless all are wanted: fallback tags, and cosign's.
 */
export async function sortedTags(source: Source, options: TagListOptions): Promise<string[]> {
  const { limit, all = false, signal } = options;
  const tags = new Set<string>();
  for await (const tag of source.tags({ signal })) {
    if (all || !(isFallbackTag(tag) || isCosignTag(tag))) tags.add(tag);
  }
  const sorted = sortTags(tags);
  return limit === undefined ? sorted : sorted.slice(Math.max(0, sorted.length - limit));
}
