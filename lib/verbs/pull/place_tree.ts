/**
 * The last steps of a pull: whether the tree may be put in place, and putting it there.
 *
 * @module
 */

import { checkConflicts } from "../../archive/destination/conflicts.ts";
import { checkDiskNames } from "../../archive/destination/disk_names.ts";
import { place } from "../../archive/destination/place.ts";
import { checkResumed } from "../../archive/destination/resumed.ts";
import type { Staging } from "../../archive/destination/staging.ts";
import { checkLinkChains, followLinks } from "../../archive/links.ts";
import type { PlacedTree } from "../../archive/tree/placed_tree.ts";
import { type NameFolding, platform } from "../../system/platform.ts";
import type { Pace } from "../../system/pace.ts";

/** How a tree is put in place. */
export interface PlaceTreeOptions {
  /** Whether files that exist are replaced. */
  overwrite: boolean;
  pace: Pace;
  /** Called after each step. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
  /** The tree whose links lead somewhere, where only a part of it is put in place. @default what is put in place */
  wholeTree?: PlacedTree | undefined;
}

/**
 * Checks that the disk can hold the names, where links lead, and that nothing in the destination is in the way.
 *
 * @throws {BlobberError} `conflict`, `path-traversal`, `interrupted`
 */
export async function checkTree(
  tree: PlacedTree,
  { destination, resumes, folds }: Staging,
  { overwrite, pace }: PlaceTreeOptions,
): Promise<void> {
  await checkNames(tree, folds, pace);
  const { dir } = destination;
  if (dir !== undefined) await checkConflicts(dir, tree, { overwrite, resumes }, pace);
}

/**
 * Checks that the disk can hold the names, and where links lead.
 *
 * @throws {BlobberError} `conflict`, `path-traversal`, `interrupted`
 */
export async function checkNames(tree: PlacedTree, folds: NameFolding, pace: Pace): Promise<void> {
  await checkDiskNames(tree, folds, pace);
  await checkLinkChains(tree.links(), pace);
}

/**
 * Makes the symbolic links, and moves everything into place.
 *
 * @param staging where it is; everything in it has been checked
 * @param tree what it is
 * @throws {BlobberError} `conflict`, `file-system`, `interrupted`
 */
export async function placeTree(
  staging: Staging,
  tree: PlacedTree,
  options: PlaceTreeOptions,
): Promise<void> {
  const { overwrite, pace, wholeTree = tree } = options;
  const links = tree.links();
  const allLinks = wholeTree === tree ? links : wholeTree.links();
  for (const path of links.keys()) {
    if (pace.due()) await pace.breathe();
    staging.link(tree.get(path)!.entry, leadsToDirectory(wholeTree, allLinks, path));
  }
  pace.check();
  const replaceable = wholeTree !== tree
    ? undefined
    : await checkResumed(staging, tree, overwrite, pace);
  await place(staging, tree, { ...options, replaceable });
}

/** Whether a link leads to a directory of the tree, where that is asked for. */
function leadsToDirectory(
  tree: PlacedTree,
  links: ReadonlyMap<string, string>,
  path: string,
): boolean {
  if (!platform().linksHaveKinds) return false;
  const end = followLinks(links, path, "stop");
  return typeof end === "object" && (end.path === "" || tree.isDirectory(end.path));
}
