/**
 * The tag that stands in for the referrers API where a registry has none (distribution spec, "Referrers
 * Tag Schema"): `sha256-HEX` names an index of the manifests that refer to the digest.
 *
 * @module
 */

import { type Digest, hexOf } from "../digest.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import { isIndex, readDocument } from "./manifest.ts";
import type { CallOptions, Source } from "../store.ts";
import type { Descriptor } from "../types.ts";

/** The fallback tag of a digest. */
export function fallbackTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

/** Whether a tag is the fallback tag of some digest: bookkeeping, not a name that a person gave. */
export function isFallbackTag(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}$/.test(tag);
}

/**
 * The descriptors that the fallback tag of a subject lists; none when there is no such tag. A registry that
 * takes such a tag for the digest that it is made of answers with the subject itself: then there is none.
 *
 * @param source where to look
 * @param subject what they refer to
 */
export async function readFallback(
  source: Source,
  subject: Descriptor,
  options: CallOptions = {},
): Promise<Descriptor[]> {
  let found: Descriptor;
  try {
    found = await source.resolve(fallbackTag(subject.digest), options);
  } catch (error) {
    if (isBlobberError(error, "not-found")) return [];
    throw error;
  }
  if (found.digest === subject.digest) return [];
  const document = await readDocument(source, found, options);
  if (isIndex(document)) return document.value.manifests;
  throw new BlobberError(
    "invalid-manifest",
    `${fallbackTag(subject.digest)} of ${source.name} is a manifest, expected an index`,
  );
}
