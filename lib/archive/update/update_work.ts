/**
 * What an update has to do so that a directory becomes what an image holds: sorted out of what a comparison found.
 *
 * @module
 */

import type { Pace } from "../../system/pace.ts";
import { sorted } from "../../system/sorted.ts";
import type { Changed, Expected, Finding } from "../compare/finding.ts";
import type { Entry } from "../entry.ts";
import { type Content, fileOf } from "../read/content.ts";
import type { SelectedEntry } from "../select/selection.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";
import { Tree } from "../tree/tree.ts";

/** What a directory is to become. */
export interface UpdateGoal {
  tree: PlacedTree;
  /** Its entries, files before their hard links. */
  entries: readonly SelectedEntry[];
}

/** A file that is made anew. */
export interface NeededFile extends SelectedEntry {
  /** Which of its chunks, counted from 0, the file that is there has where they belong. */
  right: readonly number[];
}

/** A further name of a file that is right where it is. */
export interface LinkedName {
  entry: Entry;
  /** The path of that file. */
  to: string;
}

/** What there is to do. */
export interface UpdateWork {
  /** What is staged and moved into place, with the directories above it. */
  tree: Tree<undefined>;
  /** Files of it whose content is to be had. */
  files: NeededFile[];
  /** Further names of these. */
  hardlinks: SelectedEntry[];
  /** Further names of files that stay. */
  linked: LinkedName[];
  /** Files that stay and get another mode. */
  modes: Changed[];
  /** Paths of files and links: of those that were not there, and of those that are replaced or get another mode. */
  added: string[];
  changed: string[];
}

/** The limits were those of the goal. */
const ANY = { maxEntries: Infinity, maxBytes: Infinity, maxFileBytes: Infinity };

/**
 * Sorts out what there is to do.
 *
 * @param findings of a comparison with the goal
 * @param how the pace of the caller, and paths that are not right and stay as they are
 */
export async function updateWork(
  findings: readonly Finding[],
  goal: UpdateGoal,
  { pace, left }: { pace: Pace; left: ReadonlySet<string> },
): Promise<UpdateWork> {
  const work: UpdateWork = {
    tree: new Tree(ANY, pace),
    files: [],
    hardlinks: [],
    linked: [],
    modes: [],
    added: [],
    changed: [],
  };
  const directories = new Set<string>();
  const staged = new Map<string, { expected: Expected; right: readonly number[] }>();
  for (const finding of findings) {
    if (pace.due()) await pace.breathe();
    if (finding.kind === "extra") continue;
    const { path, kind, expected } = finding;
    const { type } = expected.entry;
    if (type === "directory") {
      directories.add(path);
      continue;
    }
    (kind === "missing" ? work.added : work.changed).push(path);
    if (kind === "changed" && finding.differs.length === 1 && finding.differs[0] === "mode") {
      work.modes.push(finding);
      continue;
    }
    staged.set(path, { expected, right: kind === "changed" ? finding.right : [] });
  }
  const namesOf = furtherNames(goal.entries);
  for (const [path, { expected: { entry, content }, right }] of staged) {
    if (pace.due()) await pace.breathe();
    if (entry.type === "symlink") continue;
    const names = namesOf.get(entry.type === "hardlink" ? entry.linkTarget! : path);
    const stays = names?.find((name) => !staged.has(name) && !left.has(name));
    const first = names?.find((name) => staged.has(name)) ?? path;
    if (stays !== undefined) work.linked.push({ entry, to: stays });
    else if (path === first) {
      work.files.push({ entry: asFile(entry, content!), content: content!, right });
    } else work.hardlinks.push({ entry: { ...entry, linkTarget: first }, content: content! });
  }
  for (const path of [...staged.keys(), ...directories]) addAbove(path, directories);
  await fill(work.tree, { directories, staged: staged.keys(), goal }, pace);
  return work;
}

/** A hard link whose own file is not made becomes that file. */
function asFile(entry: Entry, content: Content): Entry {
  if (entry.type === "file") return entry;
  const { size, mode, mtime } = fileOf(content, entry);
  return { path: entry.path, type: "file", size, mode, mtime };
}

/** The names of each file that has several, its own the first, by that. */
function furtherNames(entries: readonly SelectedEntry[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const one of entries) {
    const { type, path, linkTarget } = one.entry;
    if (type !== "hardlink") continue;
    const all = names.get(linkTarget!) ?? [linkTarget!];
    all.push(path);
    names.set(linkTarget!, all);
  }
  return names;
}

function addAbove(path: string, directories: Set<string>): void {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const above = path.slice(0, at);
    if (directories.has(above)) return;
    directories.add(above);
  }
}

async function fill(
  tree: Tree<undefined>,
  { directories, staged, goal }: {
    directories: Set<string>;
    staged: Iterable<string>;
    goal: UpdateGoal;
  },
  pace: Pace,
): Promise<void> {
  tree.nextLayer();
  for (const path of await sorted([...directories], pace)) {
    if (pace.due()) await pace.breathe();
    const entry = goal.tree.get(path)?.entry;
    if (entry !== undefined) tree.apply(entry, undefined);
  }
  for (const path of staged) {
    if (pace.due()) await pace.breathe();
    const { entry } = goal.tree.get(path)!;
    // What is moved is one file each, whatever other names it has.
    const { linkTarget: _, ...file } = entry;
    tree.apply(entry.type === "hardlink" ? { ...file, type: "file" } : entry, undefined);
  }
}
