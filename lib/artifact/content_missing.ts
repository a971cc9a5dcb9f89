/**
 * What every store says when content is not in it.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { Descriptor } from "../types.ts";

/**
 * The error of content that is not there. Where its descriptor names other places, that is said: they are not
 * looked at, because a manifest must not lead a client to addresses of its own choosing.
 *
 * @param target what was asked for
 * @param where the store's name
 */
export function contentMissing({ digest, urls }: Descriptor, where: string): BlobberError {
  const message = `${digest} not found in ${where}`;
  if (urls === undefined || urls.length === 0) return new BlobberError("not-found", message);
  const places = urls.length === 1 ? "a URL" : `${urls.length} URLs`;
  return new BlobberError(
    "not-found",
    `${message}; its manifest names ${places} for it, which blobber never follows`,
    { hint: "copy an artifact that holds all of its layers, or put this blob into the repository" },
  );
}
