/**
 * What a layer's table will do to a staging directory, known before anything is downloaded.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import { thisPlatform } from "../../runtime.ts";
import type { Entry } from "../entry.ts";
import { checkLink, type LinkPolicy, windowsHazard } from "../safe_path.ts";
import type { Row } from "../read/table.ts";
import type { Applied, Tree } from "../read/tree.ts";

/** One step before files are written. */
export type Step =
  /** Take away what a lower layer put there. */
  | { do: "remove"; path: string }
  /** Make a directory. */
  | { do: "directory"; path: string }
  /** Make a hard link to a file of a lower layer, before this one puts another in its place. */
  | { do: "hardlink"; entry: Entry };

/** What there is to do for one layer. */
export interface LayerPlan {
  /** In the order in which they are done. */
  steps: Step[];
  /** How many files there are to write. */
  files: number;
  /** Files of the table that are not written: whiteouts, and the format's own. */
  skipped: Set<Row>;
  /** Files that stand elsewhere than the table says, below a link of a lower layer. */
  moved: Map<Row, Entry>;
  /** Hard links to make when the files are there. */
  hardlinks: Entry[];
}

/** Applies a table to the tree and notes what there is to do. */
export function planLayer(tree: Tree, rows: Row[], links: LinkPolicy): LayerPlan {
  const plan: LayerPlan = {
    steps: [],
    files: 0,
    skipped: new Set(),
    moved: new Map(),
    hardlinks: [],
  };
  for (const row of rows) {
    if (row.hidden) {
      plan.skipped.add(row);
      continue;
    }
    checkEntry(row.entry, links);
    const applied = tree.apply(row.entry, undefined);
    const { entry } = applied;
    for (const path of applied.removed) plan.steps.push({ do: "remove", path });
    for (const path of directoriesOf(applied)) plan.steps.push({ do: "directory", path });
    if (!applied.added) {
      plan.skipped.add(row);
    } else if (entry.type === "file") {
      plan.files++;
      if (entry !== row.entry) plan.moved.set(row, entry);
    } else if (entry.type === "hardlink") {
      if (tree.isLower(entry.linkTarget!)) plan.steps.push({ do: "hardlink", entry });
      else plan.hardlinks.push(entry);
    }
  }
  return plan;
}

/** The directories that an entry needs or is, and that are not there yet. */
export function directoriesOf(applied: Applied): readonly string[] {
  const { entry, added, merged, implied } = applied;
  const own = added && entry.type === "directory" && !merged;
  return own ? [...implied, entry.path] : implied;
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
