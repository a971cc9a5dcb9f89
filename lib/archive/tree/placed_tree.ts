/**
 * The tree that is put in place, as far as that needs to know it.
 *
 * @module
 */

import type { Entry, EntryType } from "../entry.ts";

/** A directory; one without an entry is implied by what is below it. */
export interface PlacedDirectory {
  path: string;
  entry: Entry | undefined;
}

/** Entries by their paths, without the format's own and without whiteouts. */
export interface PlacedTree {
  /** The root's own entry, where an archive has one. */
  readonly root: Entry | undefined;
  /** The entry at a path, if one names it. */
  get(path: string): { entry: Entry } | undefined;
  /** Whether a path is a directory, named by an entry or implied. */
  isDirectory(path: string): boolean;
  /** Names in a directory, in no order. */
  childrenOf(path: string): Iterable<string>;
  /** All directories but the root, parents first, with the entries that name them. */
  directories(): PlacedDirectory[];
  /** Targets of all symbolic links, by path. */
  links(): ReadonlyMap<string, string>;
  /** How much there is. */
  total(): Total;
}

/** How much is in a tree. */
export interface Total {
  entries: number;
  /** Files, and further names of files. */
  files: number;
  /** Bytes in files. */
  bytes: number;
}

/** Whether an entry is a file, or a further name of one. */
export function isFile(type: EntryType): boolean {
  return type === "file" || type === "hardlink";
}
