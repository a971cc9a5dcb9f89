/**
 * What stands in a destination where an artifact would go. Found before anything is downloaded where the
 * artifact has a table, and always before anything is in place.
 *
 * @module
 */

import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { BlobberError } from "../../errors.ts";
import { printable, quote } from "../../printable.ts";
import { errnoOf, fileSystemError } from "../fs_error.ts";
import type { PlacedTree } from "./placed_tree.ts";

/** What happens to files that exist. */
export interface ConflictPolicy {
  overwrite: boolean;
  /** Whether a killed run had begun to place this artifact: what is there may be its own. */
  resumes: boolean;
}

/**
 * Looks for conflicts.
 *
 * @param root the destination, which exists
 * @param tree what goes there
 * @throws {BlobberError} `conflict`
 */
export function checkConflicts(root: string, tree: PlacedTree, policy: ConflictPolicy): void {
  const replaced: string[] = [];
  const visit = (dir: string) => {
    for (const name of tree.childrenOf(dir)) {
      const path = dir === "" ? name : `${dir}/${name}`;
      const found = statOf(root, path);
      if (found === undefined) continue;
      const isDirectory = tree.isDirectory(path);
      if (!policy.resumes) checkGit(path, name);
      checkKinds(root, path, found, isDirectory);
      if (isDirectory && found.isDirectory()) visit(path);
      else replaced.push(path);
    }
  };
  visit("");
  if (policy.overwrite || policy.resumes || replaced.length === 0) return;
  throw exists(replaced);
}

/** The conflict that `--overwrite` answers. Scripts look for these words. */
export function exists(paths: string[]): BlobberError {
  const what = paths.length === 1
    ? `file already exists: ${printable(paths[0]!)}`
    : `${paths.length} files already exist`;
  return new BlobberError("conflict", `${what} (use --overwrite to replace)`, {
    ...(paths.length > 1 && { hint: `the first is ${quote(paths.sort()[0]!)}` }),
  });
}

/** What stands at a path; links are not followed. */
export function statOf(root: string, path: string): Stats | undefined {
  try {
    return lstatSync(join(root, path), { throwIfNoEntry: false });
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return undefined;
    throw fileSystemError("cannot look at", join(root, path), cause);
  }
}

/** Row 67: what is written into a repository's `.git` runs with the next command there. */
function checkGit(path: string, name: string): void {
  if (name.toLowerCase() !== ".git") return;
  throw new BlobberError(
    "conflict",
    `the artifact holds ${quote(path)}, and the destination is a git work tree`,
    { hint: "pull into another directory; hooks and configuration of a repository run programs" },
  );
}

/** Conflicts that `--overwrite` does not answer. */
export function checkKinds(
  root: string,
  path: string,
  found: Stats,
  isDirectory: boolean,
): void {
  // GHSA-8xwf-rjm4-xvhv: a link that is already there is never followed.
  if (isDirectory && found.isSymbolicLink()) {
    throw new BlobberError(
      "conflict",
      `${quote(path)} is a link in the destination and a directory in the artifact`,
      { hint: "links below the destination are not followed: remove it, or pull elsewhere" },
    );
  }
  if (isDirectory && !found.isDirectory()) {
    // No rename replaces a file by a directory in one step.
    throw new BlobberError(
      "conflict",
      `file already exists: ${printable(path)}, and the artifact holds a directory of that name`,
      { hint: "remove the file, or pull elsewhere" },
    );
  }
  if (!isDirectory && found.isDirectory() && readdirSync(join(root, path)).length > 0) {
    throw new BlobberError(
      "conflict",
      `${quote(path)} is a directory with content in the destination and none in the artifact`,
      { hint: "nothing replaces a directory that holds something: remove it, or pull elsewhere" },
    );
  }
}
