/**
 * Paths of an image as its readers write them: put into one form, and followed through links.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import { followLinks } from "../../archive/links.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";

/** A path as people write it: with or without `/` or `./` before it. */
export function normal(path: string): string {
  if (typeof path !== "string") {
    throw new BlobberError("invalid-option", `invalid path: ${quote(path)}, expected text`);
  }
  return path.split("/").filter((component) => component !== "" && component !== ".").join("/");
}

/**
 * Follows the links on the way to a path, and at its end, as if the image's root were the root of all.
 *
 * @param listing knows the links
 * @param path as it was written, for messages
 * @param wanted the same in its one form
 * @throws {BlobberError} `not-found` for a loop, and for what is outside the image
 */
export function followIn(
  listing: { linkAt(at: string): string | undefined },
  path: string,
  wanted: string,
): string {
  const found = followLinks({ get: (at) => listing.linkAt(at) }, wanted, "root");
  if (found === "loop") {
    throw new BlobberError("not-found", `file not found: ${quote(path)}: its links form a loop`);
  }
  if (found === "outside" || found === "absolute") {
    throw new BlobberError("not-found", `file not found: ${quote(path)}: it is outside the image`);
  }
  return found.path;
}

/** A directory that no entry names. */
export function implied(path: string): Entry {
  return { path, type: "directory", size: 0, mode: 0o755, mtime: 0 };
}
