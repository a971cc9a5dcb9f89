/**
 * Removes what a directory has and an image has not, when everything else is in place.
 *
 * It goes from directory to directory, each held from the one above it and the same one that was looked at before,
 * so nothing is removed through a link, not through one either that is put there meanwhile.
 *
 * @module
 */

import { rmdirSync, unlinkSync } from "node:fs";
import type { Pace } from "../../system/pace.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { type ExtraOptions, lookAt } from "../compare/extras.ts";
import type { Extra } from "../compare/finding.ts";
import type { DirectoryCursor } from "../destination/directory_cursor.ts";
import { isClaimName } from "../destination/claims.ts";
import { isGit } from "../destination/conflicts.ts";

/** What is kept whatever an image holds: the own directories of version control, where history is. */
const KEPT = new Set([".hg", ".svn", ".jj"]);

/** Whether something is never removed: a repository's own directory. */
function isKept(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return isGit(name) || KEPT.has(name.toLowerCase());
}

/**
 * What is looked for that an image does not have.
 *
 * @param what for: to be removed, or as a source of content that is not where it is to be
 */
export function extrasFor(what: "removal" | "content"): ExtraOptions {
  const isOwn = (path: string) => !path.includes("/") && isClaimName(path);
  return {
    passes: (path) => isOwn(path) || isKept(path),
    where: "one-file-system",
    when: what === "removal" ? "always" : "files-are-missing",
  };
}

/** How it is removed. */
export interface RemoveOptions {
  /** Went through the directory when it was compared. */
  cursor: DirectoryCursor;
  pace: Pace;
  /** Called after each step. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
}

/**
 * Removes files and links, and directories that are empty then.
 *
 * @param extras parents before children
 * @returns how many files and links were removed
 * @throws {BlobberError} `conflict` for a directory that is another one by now, `file-system`
 */
export async function removeExtras(
  extras: readonly Extra[],
  { cursor, pace, onStep }: RemoveOptions,
): Promise<number> {
  let removed = 0;
  for (const { path, found } of extras.toReversed()) {
    await pace.breathe();
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    // Where a directory above it is gone, so is it.
    const dir = cursor.at(path.slice(0, Math.max(0, slash)));
    const now = lookAt(dir, name);
    if (now === undefined || now.type !== found.type) continue; // another program was here
    try {
      if (found.type === "directory") rmdirSync(dir.entry(name));
      else {
        unlinkSync(dir.entry(name));
        removed++;
      }
      onStep?.(path);
    } catch (cause) {
      // It holds what is kept, or what came meanwhile; or something is mounted there.
      if (found.type === "directory" && STAYS.has(errnoOf(cause) ?? "")) continue;
      if (errnoOf(cause) === "ENOENT") continue;
      throw fileError("cannot remove", dir.shown(name), cause);
    }
  }
  return removed;
}

const STAYS = new Set(["ENOTEMPTY", "EEXIST", "EBUSY"]);
