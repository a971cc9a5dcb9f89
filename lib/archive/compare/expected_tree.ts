/**
 * What is expected, directory by directory, as a walk through the disk needs it.
 *
 * @module
 */

import type { Pace } from "../../system/pace.ts";
import type { Expected } from "./finding.ts";

/** A directory that is to be there. */
export interface ExpectedDirectory {
  path: string;
  /** Nothing where only names imply it: then it may have any mode. */
  expected: Expected | undefined;
  /** Names in it. */
  names: string[];
  /** Symbolic links in it. */
  links: Expected[];
  /** Files in it. */
  files: Expected[];
}

/** All directories, and how much there is to compare. */
export interface ExpectedTree {
  /** By path, the root's among them: parents before children when sorted. */
  directories: Map<string, ExpectedDirectory>;
  files: number;
  /** Bytes of files, as their entries state them. */
  bytes: number;
}

/**
 * Sorts entries into directories.
 *
 * @param entries in any order, each path once
 */
export async function expectedTree(
  entries: AsyncIterable<Iterable<Expected>>,
  pace: Pace,
): Promise<ExpectedTree> {
  const directories = new Map<string, ExpectedDirectory>();
  const at = (path: string): ExpectedDirectory => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const made = { path, expected: undefined, names: [], links: [], files: [] };
    directories.set(path, made);
    if (path !== "") above(path).names.push(nameOf(path));
    return made;
  };
  // Most entries follow one of the same directory.
  let [last, lastPath]: [ExpectedDirectory | undefined, string] = [undefined, ""];
  const above = (path: string) => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (last === undefined || parent !== lastPath) [last, lastPath] = [at(parent), parent];
    return last;
  };
  at("");
  const tree = { directories, files: 0, bytes: 0 };
  for await (const some of entries) {
    for (const expected of some) {
      if (pace.due()) await pace.breathe();
      const { path, type, size } = expected.entry;
      if (type === "directory") {
        if (path !== "") at(path).expected = expected;
        continue;
      }
      const parent = above(path);
      parent.names.push(nameOf(path));
      if (type === "symlink") parent.links.push(expected);
      else {
        parent.files.push(expected);
        tree.files++;
        tree.bytes += size;
      }
    }
  }
  return tree;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
