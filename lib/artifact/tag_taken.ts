/**
 * What every store says when a tag exists and may not be moved.
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
