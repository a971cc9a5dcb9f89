/**
 * What stands in a destination where an artifact would go. Found before anything is downloaded where the
 * artifact has a table, and always before anything is in place.
 *
 * @module
 */

import type { Stats } from "node:fs";
import { BlobberError } from "../../errors.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Pace } from "../../system/pace.ts";
import { printable, quote } from "../../text/printable.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { DirectoryCursor } from "./directory_cursor.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";

/** What happens to files that exist. */
export interface ConflictPolicy {
  overwrite: boolean;
  /**
   * Whether a killed run had begun to place this artifact: what is there may be its own. Then it is
   * `checkResumed` that says which files are in the way.
   */
  resumes: boolean;
}

/**
 * Looks for conflicts.
 *
 * @param root the destination, which exists
 * @param tree what goes there
 * @throws {BlobberError} `conflict`, `interrupted`
 */
export async function checkConflicts(
  root: HeldDirectory,
  tree: PlacedTree,
  policy: ConflictPolicy,
  pace: Pace,
): Promise<void> {
  const replaced: string[] = [];
  const visit = ({ path, name, found, dir }: Existing) => {
    const isDirectory = tree.isDirectory(path);
    if (!policy.resumes && isGit(name)) throw intoGit(path);
    checkKinds(dir, path, found, isDirectory);
    if (!(isDirectory && found.isDirectory())) replaced.push(path);
  };
  await visitExisting(root, tree, { visit, pace });
  if (policy.overwrite || policy.resumes || replaced.length === 0) return;
  throw exists(replaced);
}

/** Something in the destination that has the name of an entry. */
export interface Existing {
  path: string;
  /** The last part of the path. */
  name: string;
  found: Stats;
  /** The directory that it lies in. */
  dir: HeldDirectory;
}

/** How what is there is visited. */
export interface Visit {
  /** Called with each. */
  visit: (existing: Existing) => void;
  /** Called with each path that is not there, and whose parent is. */
  miss?: (path: string) => void;
  pace: Pace;
}

/**
 * Visits all that is there already, parents first, without following a link.
 *
 * @param root the destination
 * @param tree what goes there
 */
export async function visitExisting(
  root: HeldDirectory,
  tree: PlacedTree,
  { visit, miss, pace }: Visit,
): Promise<void> {
  const cursor = new DirectoryCursor(root);
  const visitAll = async (at: string) => {
    for (const name of tree.childrenOf(at)) {
      if (pace.due()) await pace.breathe();
      const path = at === "" ? name : `${at}/${name}`;
      const dir = cursor.at(at);
      const found = statOf(dir, name);
      if (found === undefined) miss?.(path);
      else visit({ path, name, found, dir });
      if (found?.isDirectory() && tree.isDirectory(path)) await visitAll(path);
    }
  };
  try {
    await visitAll("");
  } finally {
    cursor.close();
  }
}

/** The conflict that the option `overwrite` resolves. */
export function exists(paths: string[]): BlobberError {
  const what = paths.length === 1
    ? `file already exists: ${printable(paths[0]!)}`
    : `${paths.length} files already exist`;
  return new BlobberError("conflict", what, {
    hint: paths.length > 1 ? `the first is ${quote(paths.sort()[0]!)}` : undefined,
    remedies: [{ option: "overwrite" }],
  });
}

/** What has a name in a directory; links are not followed. */
export function statOf(dir: HeldDirectory, name: string): Stats | undefined {
  try {
    return dir.look(name);
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return undefined;
    throw fileError("cannot look at", dir.shown(name), cause);
  }
}

/** Characters that HFS+ takes for none when it compares names (CVE-2014-9390). */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * Whether a name is that of a repository's own directory, on some system: what is written there runs with the next
 * command. `git~1` is what Windows calls it beside its name (CVE-2014-9390).
 */
export function isGit(name: string): boolean {
  return /^(?:\.git|git~\d+)$/.test(name.replace(IGNORED_BY_HFS, "").toLowerCase());
}

/** The conflict of an artifact that holds a `.git` with a destination that has one. */
export function intoGit(path: string): BlobberError {
  return new BlobberError(
    "conflict",
    `the artifact holds ${quote(path)}, and the destination is a git work tree`,
    { hint: "pull into another directory; hooks and configuration of a repository run programs" },
  );
}

/**
 * Conflicts that the option `overwrite` does not resolve.
 *
 * @param dir the directory that it lies in
 */
export function checkKinds(
  dir: HeldDirectory,
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
  if (!isDirectory && found.isDirectory() && holdsSomething(dir, path)) {
    throw new BlobberError(
      "conflict",
      `${quote(path)} is a directory with content in the destination and none in the artifact`,
      { hint: "nothing replaces a directory that holds something: remove it, or pull elsewhere" },
    );
  }
}

function holdsSomething(parent: HeldDirectory, path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    const dir = parent.open(name);
    try {
      return dir.names().length > 0;
    } finally {
      dir.close();
    }
  } catch (cause) {
    throw fileError("cannot look into", parent.shown(name), cause);
  }
}
