/**
 * What a repair leaves of what it found.
 *
 * @module
 */

import { lookAt } from "../../archive/compare/extras.ts";
import { nameOf } from "../../archive/compare/expected_tree.ts";
import type { Finding } from "../../archive/compare/finding.ts";
import { isClaimName } from "../../archive/destination/claims.ts";
import { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";

/** Whether there is, in excess, what a pull works in: one that was killed left it, and the next one removes it. */
export function hasClaim(findings: readonly Finding[]): boolean {
  return findings.some(({ kind, path }) => kind === "extra" && isClaimName(path));
}

/**
 * Which of some paths are there still: a pull takes away what an earlier one left when it was killed.
 *
 * @param findings parents before what is in them
 */
export function pathsIn(root: HeldDirectory, findings: readonly Finding[]): ReadonlySet<string> {
  const cursor = new DirectoryCursor(root);
  const gone = new Set<string>();
  const there = new Set<string>();
  try {
    for (const { path } of findings) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      const isThere = !gone.has(parent) && lookAt(cursor.at(parent), nameOf(path)) !== undefined;
      (isThere ? there : gone).add(path);
    }
  } finally {
    cursor.close();
  }
  return there;
}
