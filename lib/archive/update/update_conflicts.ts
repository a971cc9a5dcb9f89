/**
 * What stands in the way of an update: as for any pull, found before anything is downloaded.
 *
 * @module
 */

import { type BlobberError, isBlobberError } from "../../errors.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Pace } from "../../system/pace.ts";
import type { Finding } from "../compare/finding.ts";
import { checkKinds, intoGit, isGit, statOf } from "../destination/conflicts.ts";
import type { DirectoryCursor } from "../destination/directory_cursor.ts";
import type { UpdateGoal } from "./update_work.ts";

/**
 * Looks for conflicts that the option `overwrite` does not resolve.
 *
 * @param findings of the comparison
 * @param how goes through the destination; whether a killed run had begun to place this artifact; and what is
 * called with each conflict
 * @throws {BlobberError} `conflict`, where nothing is called
 */
export async function checkUpdate(
  findings: readonly Finding[],
  goal: UpdateGoal,
  { cursor, resumes, onConflict, pace }: {
    cursor: DirectoryCursor;
    resumes: boolean;
    onConflict?: ((path: string, error: BlobberError) => void) | undefined;
    pace: Pace;
  },
): Promise<void> {
  const found = (path: string, error: BlobberError) => {
    if (onConflict === undefined) throw error;
    onConflict(path, error);
  };
  const git = await gitPaths(goal, pace);
  const byPath = git.length === 0
    ? undefined
    : new Map(findings.map((finding) => [finding.path, finding]));
  for (const path of git) {
    if (byPath!.get(path)?.kind === "missing") continue;
    // What a killed run placed itself is no conflict: a `.git` is moved into place as a whole.
    const below = `${path}/`;
    const isPlaced = resumes &&
      findings.every((one) =>
        one.path !== path && !one.path.startsWith(below) || one.kind === "extra" ||
        one.kind === "changed" && one.differs.every((what) => what === "mode")
      );
    if (!isPlaced) found(path, intoGit(path));
  }
  for (const finding of findings) {
    if (pace.due()) await pace.breathe();
    if (finding.kind !== "changed" || !finding.differs.includes("type")) continue;
    const { path } = finding;
    const dir: HeldDirectory = cursor.at(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    const stat = statOf(dir, path.slice(path.lastIndexOf("/") + 1));
    if (stat === undefined) continue;
    try {
      checkKinds(dir, path, stat, goal.tree.isDirectory(path));
    } catch (error) {
      if (!isBlobberError(error, "conflict")) throw error;
      found(path, error);
    }
  }
}

/** Paths that are a repository's own, without what is below them. */
async function gitPaths({ tree, entries }: UpdateGoal, pace: Pace): Promise<string[]> {
  const found: string[] = [];
  const look = (path: string) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/g.*i.*t/i.test(name) && isGit(name)) found.push(path);
  };
  for (const { path } of tree.directories()) look(path);
  for (const { entry: { path, type } } of entries) {
    if (pace.due()) await pace.breathe();
    if (type !== "directory") look(path);
  }
  return found;
}
