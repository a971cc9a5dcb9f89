/**
 * "Did you mean" for a path that does not exist, and its error.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_COMPARED_PATHS } from "../../limits.ts";
import { printable, quote } from "../../text/printable.ts";
import { editDistance } from "../../text/spelling.ts";

/** Names in the root of an image that a message shows. */
const MAX_SHOWN = 6;

/**
 * Finds the path most like one that does not exist: the same name elsewhere, or a few letters off.
 *
 * @param wanted what was asked for
 * @param paths what there is
 */
export function nearestPath(wanted: string, paths: Iterable<string>): string | undefined {
  const name = baseOf(wanted);
  let best: string | undefined;
  // One letter of two or three may be wrong, of longer names a third, but of a single letter none.
  const wrong = Math.ceil(name.length / 3);
  let bestCost = Math.min(3, name.length > 1 ? Math.max(2, wrong) : wrong) + 1;
  let compared = 0;
  const lower = wanted.toLowerCase();
  for (const path of paths) {
    if (++compared > MAX_COMPARED_PATHS) break;
    if (path.length === wanted.length && path.toLowerCase() === lower) return path;
    const sameName = baseOf(path) === name;
    const cost = sameName ? 1 : 1 + editDistance(wanted, path, bestCost);
    if (cost < bestCost) [best, bestCost] = [path, cost];
  }
  return best;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The error for a path at which there is nothing.
 *
 * @param path as it was written
 * @param at where its links lead
 * @param image where it is not: its digest, and the paths that there are
 */
export function pathMissing(
  path: string,
  at: string,
  image: { digest: Digest; paths: string[] },
): BlobberError {
  const meant = nearestPath(at, image.paths);
  return new BlobberError(
    "not-found",
    `file not found: ${quote(path)} is not in ${image.digest}`,
    { hint: meant === undefined ? topOf(image.paths) : `did you mean "${printable(meant)}"?` },
  );
}

/**
 * What there is at the top of an image, for a reader to whom nothing nearer can be said.
 *
 * @param paths of all entries
 */
export function topOf(paths: readonly string[]): string {
  const names = new Set<string>();
  for (const path of paths) {
    const slash = path.indexOf("/");
    names.add(slash < 0 ? path : path.slice(0, slash));
  }
  if (names.size === 0) return "it is empty";
  const shown = [...names].slice(0, MAX_SHOWN).map((name) => quote(name)).join(", ");
  const more = names.size - MAX_SHOWN;
  return `at its top there is ${shown}${more > 0 ? ` and ${more} more` : ""}`;
}
