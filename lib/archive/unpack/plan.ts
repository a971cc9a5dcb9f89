/**
 * What a layer's table will do to a staging directory, known before anything is downloaded.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import type { Pace } from "../../system/pace.ts";
import { quote } from "../../text/printable.ts";
import { checkDiskName } from "../destination/disk_names.ts";
import { type Entry, IMPLIED_MODE, specialName } from "../entry.ts";
import { checkLink, type LinkPolicy } from "../safe_path.ts";
import type { Table } from "../table/table.ts";
import type { Applied, Tree } from "../tree/tree.ts";
import { isFormatsOwn } from "../toc.ts";
import type { OrderedTree } from "../tree/ordered_tree.ts";

/** One step before files are written. */
export type Step =
  /** Take away what a lower layer put there. */
  | { do: "remove"; path: string }
  /** Make a directory. */
  | { do: "directory"; path: string; mode: number }
  /** Make a hard link to a file of a lower layer, before this one puts another in its place. */
  | { do: "hardlink"; entry: Entry };

/** What there is to do for one layer. */
export interface LayerPlan {
  /** In the order in which they are done. */
  steps: Step[];
  /** How many files there are to write. */
  files: number;
  /** Rows of files that are not written: whiteouts, and the format's own. */
  skipped: Set<number>;
  /** Rows of files that stand elsewhere than the table says, below a link of a lower layer. */
  moved: Map<number, Entry>;
  /** Hard links to make when the files are there. */
  hardlinks: Entry[];
}

/** What happens to entries that not everybody wants on a disk. */
export interface EntryPolicy {
  /** Links with absolute targets. */
  links: LinkPolicy;
  /** Devices and named pipes: refused, or left out of what is put in place. They are never made. */
  special: "refuse" | "skip";
}

/**
 * Applies a table to the tree of the layers below it and notes what there is to do.
 *
 * @param policy what happens to links and devices
 * @param pace of the caller
 * @throws {BlobberError} as `Tree.apply` and {@linkcode checkEntry}
 */
export async function planLayer(
  tree: Tree,
  table: Table,
  policy: EntryPolicy,
  pace: Pace,
): Promise<LayerPlan> {
  const plan = emptyPlan();
  for (let i = 0; i < table.length; i++) {
    if (pace.due()) await pace.breathe();
    const stated = table.entry(i);
    if (isFormatsOwn(stated.path)) {
      plan.skipped.add(i);
      continue;
    }
    checkEntry(stated, policy);
    checkDiskName(stated.path);
    const applied = tree.apply(stated, undefined);
    const { entry } = applied;
    if (entry !== stated) checkEntry(entry, policy);
    for (const path of applied.removed) plan.steps.push({ do: "remove", path });
    for (const made of directoriesOf(applied)) plan.steps.push({ do: "directory", ...made });
    if (!applied.added) {
      plan.skipped.add(i);
    } else if (entry.type === "file") {
      plan.files++;
      if (entry !== stated) plan.moved.set(i, entry);
    } else if (entry.type === "hardlink") {
      if (tree.isLower(entry.linkTarget!)) plan.steps.push({ do: "hardlink", entry });
      else plan.hardlinks.push(entry);
    }
  }
  return plan;
}

/** As {@linkcode planLayer}, for a table that is a tree by itself: hardly an entry is looked at. */
export async function planOrdered(
  tree: OrderedTree,
  policy: EntryPolicy,
  pace: Pace,
): Promise<LayerPlan> {
  const plan = emptyPlan();
  const { table } = tree;
  for (const { path, entry } of tree.directories()) {
    if (pace.due()) await pace.breathe();
    plan.steps.push({ do: "directory", path, mode: entry?.mode ?? IMPLIED_MODE });
  }
  for (let i = 0; i < table.length; i++) {
    if (pace.due()) await pace.breathe();
    const type = table.type(i);
    if (type === "symlink") checkEntry(table.entry(i), policy);
    if (type === "file") plan.files++;
    if (type === "hardlink") plan.hardlinks.push(table.entry(i));
  }
  return plan;
}

function emptyPlan(): LayerPlan {
  return { steps: [], files: 0, skipped: new Set(), moved: new Map(), hardlinks: [] };
}

/** The directories that an entry needs or is, and that are not there yet. */
export function directoriesOf(applied: Applied): { path: string; mode: number }[] {
  const { entry, added, merged, implied } = applied;
  const found = implied.map((path) => ({ path, mode: IMPLIED_MODE }));
  if (added && entry.type === "directory" && !merged) found.push(entry);
  return found;
}

/**
 * Checks what matters only when an entry is taken out of the artifact.
 *
 * @throws {BlobberError} `path-traversal`, `invalid-archive`
 */
export function checkEntry(entry: Entry, { links, special }: EntryPolicy): void {
  if (entry.type === "symlink") checkLink(entry.path, entry.linkTarget!, links);
  const what = specialName(entry.type);
  if (what !== undefined && special === "refuse") {
    throw new BlobberError(
      "invalid-archive",
      `${quote(entry.path)} is ${what}, which is never made, expected a file, directory or link`,
      {
        hint: ["devices and named pipes are left out with ", { option: "special", value: "skip" }],
      },
    );
  }
}

/** Entries that are left out and named; further ones are counted. */
const MAX_NAMED = 10;

/**
 * Takes devices and named pipes, which are never made, out of a tree where they may be left out.
 *
 * @param observer is told which they are; nothing where that was told before
 */
export function leaveOut(
  tree: Pick<Tree, "dropSpecial">,
  { special }: EntryPolicy,
  observer?: Observer,
): void {
  if (special === "refuse") return;
  const paths = tree.dropSpecial();
  if (paths.length > 0 && observer !== undefined) tellLeftOut(paths, observer);
}

function tellLeftOut(paths: readonly string[], observer: Observer): void {
  const named = paths.slice(0, MAX_NAMED).map(quote).join(", ");
  const more = paths.length - MAX_NAMED;
  notify(observer, {
    level: "warning",
    code: "special-files",
    message: (paths.length === 1
      ? "a device or named pipe is"
      : `${paths.length} devices and named pipes are`) +
      ` left out: ${named}` +
      (more > 0 ? ` and ${more} more` : ""),
  });
}
