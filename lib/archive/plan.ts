/**
 * What a layer's table will do to a staging directory, known before anything is downloaded.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { quote } from "../printable.ts";
import { thisPlatform } from "../runtime.ts";
import type { Entry } from "./entry.ts";
import { checkLink, type LinkPolicy, windowsHazard } from "./safe_path.ts";
import type { Row } from "./table.ts";
import type { Applied, Tree } from "./tree.ts";

/** Steps of one layer, in the order in which they are done. */
export interface LayerPlan {
  /** What lower layers put there and this one takes away. */
  removed: string[];
  /** Directories to make, parents first. */
  directories: string[];
  /** Files to write. */
  files: Row[];
  /** Hard links to make when the files are there. */
  hardlinks: Entry[];
}

/** Applies a table to the tree and notes what there is to do. */
export function planLayer(tree: Tree, rows: Row[], links: LinkPolicy): LayerPlan {
  const plan: LayerPlan = { removed: [], directories: [], files: [], hardlinks: [] };
  for (const row of rows) {
    if (row.hidden) continue;
    const { entry } = row;
    checkEntry(entry, links);
    const applied = tree.apply(entry, undefined);
    plan.removed.push(...applied.removed);
    plan.directories.push(...directoriesOf(entry, applied));
    if (!applied.added) continue;
    if (entry.type === "file") plan.files.push(row);
    else if (entry.type === "hardlink") plan.hardlinks.push(entry);
  }
  return plan;
}

/** The directories that an entry needs or is, and that are not there yet. */
export function directoriesOf(entry: Entry, applied: Applied): string[] {
  const own = applied.added && entry.type === "directory" && !applied.merged;
  return own ? [...applied.implied, entry.path] : applied.implied;
}

/**
 * Checks what matters only when an entry is written to a disk.
 *
 * @throws {BlobberError} `path-traversal`, `invalid-archive`
 */
export function checkEntry(entry: Entry, links: LinkPolicy): void {
  if (entry.type === "symlink") checkLink(entry.path, entry.linkTarget!, links);
  if (thisPlatform().os !== "windows") return;
  const hazard = windowsHazard(entry.path);
  if (hazard === undefined) return;
  throw new BlobberError(
    "invalid-archive",
    `${quote(entry.path)} cannot be written on Windows: ${hazard}`,
  );
}
