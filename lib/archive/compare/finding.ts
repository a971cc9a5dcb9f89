/**
 * What a directory is compared with, and what can be found in it.
 *
 * @module
 */

import type { FileStat } from "../../system/runtime.ts";
import type { Entry } from "../entry.ts";
import type { Content } from "../read/content.ts";

/** What can differ between two entries with one path. */
export type Difference = "type" | "content" | "mode" | "target";

/** An entry that is to be there. */
export interface Expected {
  /** The entry, at the place where it goes. */
  entry: Entry;
  /** Where its content is; of anything but a file it does not matter. */
  content: Content | undefined;
}

/** What stands at a path of the directory. */
export interface Found extends Pick<FileStat, "type" | "size" | "mode"> {
  /** Target of a symbolic link as it is written. */
  linkTarget?: string | undefined;
}

/** A path at which the directory is not what it is to be. */
export type Finding = Missing | Changed | Extra;

/** Nothing stands at the path. */
export interface Missing {
  kind: "missing";
  path: string;
  expected: Expected;
}

/** Something else stands there. */
export interface Changed {
  kind: "changed";
  path: string;
  /** What differs; of another type only that is said. */
  differs: readonly Difference[];
  expected: Expected;
  found: Found;
  /** Of a file whose content differs: which of its chunks, counted from 0, are right where they are. */
  right: readonly number[];
}

/** Something stands there, and nothing is to. */
export interface Extra {
  kind: "extra";
  path: string;
  found: Found;
}

/** How many entries are as they are to be. */
export interface SameCount {
  /** Files, whose content was compared, and further names of files. */
  files: number;
  /** Directories, those that only names imply among them. */
  directories: number;
  /** Symbolic links. */
  links: number;
  /** Bytes of the files. */
  bytes: number;
}

/** All that a comparison found. */
export interface Comparison {
  /** Sorted by path. */
  findings: Finding[];
  same: SameCount;
}
