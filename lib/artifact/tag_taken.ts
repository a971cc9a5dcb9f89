/**
 * What every store says when a tag stands in the way: it exists and may not be moved, it names something else than
 * what was looked at, or it names what is to be removed.
 *
 * @module
 */

import type { Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";

/**
 * The error of a tag that points elsewhere and may not be moved.
 *
 * @param tag the tag
 * @param now where it points
 * @param store whose tag it is
 */
export function tagTaken(tag: string, now: Digest, store: { readonly name: string }): BlobberError {
  return new BlobberError(
    "conflict",
    `tag ${quote(tag)} of ${store.name} exists and points to ${now}`,
    { hint: "take another tag, or leave the option that refuses to move tags out" },
  );
}

/**
 * The error of a tag that was to be taken away and names something else by now.
 *
 * @param tag the tag
 * @param digests what it names, and what it was to name
 * @param store whose tag it is
 */
export function tagMoved(
  tag: string,
  { now, expected }: { now: Digest; expected: Digest },
  store: { readonly name: string },
): BlobberError {
  return new BlobberError(
    "conflict",
    `tag ${quote(tag)} of ${store.name} names ${now}, expected ${expected}`,
    { hint: "it was moved meanwhile, and was left alone" },
  );
}

/**
 * The error of a manifest that was to be removed and that a tag names.
 *
 * @param digest the manifest
 * @param tag names it
 * @param store where it is
 */
export function manifestTagged(
  digest: Digest,
  tag: string,
  store: { readonly name: string },
): BlobberError {
  return new BlobberError(
    "conflict",
    `tag ${quote(tag)} of ${store.name} names ${digest}, which is not removed`,
    { hint: "it was set meanwhile: remove the tag too, or leave both" },
  );
}
