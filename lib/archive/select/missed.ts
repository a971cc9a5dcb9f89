/**
 * The errors for a selection that takes nothing: what was asked for is not there, and what is near.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { counted, printable, quote } from "../../text/printable.ts";
import type { CallOptions } from "../../store.ts";
import type { Content } from "../read/content.ts";
import type { Listing } from "../tree/listing.ts";
import { nearestPath, topOf } from "../tree/nearest_path.ts";

/**
 * The error for patterns that match nothing.
 *
 * @param patterns those
 * @param listing what there is
 */
export async function patternsMissed(
  patterns: readonly string[],
  listing: Listing<Content>,
  { digest, signal }: CallOptions & { digest: Digest },
): Promise<BlobberError> {
  const paths = await listing.paths({ signal });
  const [first, ...others] = patterns as [string, ...string[]];
  const more = others.length === 0 ? "" : ` (nor ${others.map((one) => quote(one)).join(", ")})`;
  const wanted = first.replace(/^!?\/?|\/$/g, "");
  // A pattern without a slash is about names at any depth.
  const meant = nearestPath(
    wanted,
    wanted.includes("/") || first.startsWith("/") ? paths : namesIn(paths),
  );
  return new BlobberError(
    "not-found",
    `the pattern ${quote(first)} matches nothing in ${digest}${more}`,
    {
      hint: meant !== undefined ? `did you mean "${printable(meant)}"?` : topOf(paths),
    },
  );
}

/** The last names of paths, each once. */
function namesIn(paths: readonly string[]): Set<string> {
  return new Set(paths.map((path) => path.slice(path.lastIndexOf("/") + 1)));
}

/** The error where the patterns match, and nothing is left to be taken. */
export function nothingLeft(
  { digest, stripComponents = 0 }: { digest: Digest; stripComponents?: number | undefined },
): BlobberError {
  const stripped = stripComponents === 0
    ? "of what the patterns take"
    : `without the first ${counted(stripComponents, "component")} of each path`;
  return new BlobberError("not-found", `nothing of ${digest} is left ${stripped}`);
}
