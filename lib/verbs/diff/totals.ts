/**
 * Changes in numbers.
 *
 * @module
 */

import type { Change } from "./changes.ts";
import type { DiffEntry } from "./side.ts";

/** How many of something. */
export interface DiffCount {
  /** Files. */
  files: number;
  /** Directories. */
  directories: number;
  /** Symbolic links. */
  links: number;
  /** Bytes of the files. */
  bytes: number;
}

/** All changes in numbers. */
export interface DiffTotals {
  /** What is only after. */
  added: DiffCount;
  /** What is only before. */
  removed: DiffCount;
  /** What is on both sides and differs, as it is on each of them. */
  changed: { before: DiffCount; after: DiffCount };
}

/** Counts changes. */
export function totalsOf(changes: readonly Change[]): DiffTotals {
  const [added, removed, before, after] = [none(), none(), none(), none()];
  for (const change of changes) {
    if (change.kind === "added") count(added, change.after!);
    else if (change.kind === "removed") count(removed, change.before!);
    else {
      count(before, change.before!);
      count(after, change.after!);
    }
  }
  return { added, removed, changed: { before, after } };
}

function none(): DiffCount {
  return { files: 0, directories: 0, links: 0, bytes: 0 };
}

function count(into: DiffCount, { type, size }: DiffEntry): void {
  if (type === "file") into.files++;
  else if (type === "directory") into.directories++;
  else into.links++;
  into.bytes += size;
}
