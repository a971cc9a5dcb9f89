/**
 * What an image holds, as its readers ask for it.
 *
 * @module
 */

import type { CallOptions } from "../../store.ts";
import { STEPS_A_TURN } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";

/** An entry, and what belongs to it. */
export interface Listed<T> {
  entry: Entry;
  /** What is kept with it; a hard link has that of the file it names. */
  content: T;
}

/** Which entries. */
export interface EntriesOptions extends CallOptions {
  /** Only the directory at this path, if an entry names it, and what is below it. @default everything */
  below?: string | undefined;
}

/** Entries that are made, and handed on, at a time. */
export const ENTRIES_AT_A_TIME: number = STEPS_A_TURN;

/** The entries of an image. */
export interface Listing<T> {
  /** The entry at a path, if there is one. */
  get(path: string): Listed<T> | undefined;
  /** Whether a path is a directory, named by an entry or implied. */
  isDirectory(path: string): boolean;
  /** Target of the symbolic link at a path, if there is one. */
  linkAt(path: string): string | undefined;
  /**
   * All entries, sorted by path, parents before children: some at a time, each made when it is asked for and the
   * caller's own.
   */
  entries(options: EntriesOptions): AsyncGenerator<Entry[], void>;
  /** The paths of all entries, in that order. */
  paths(options: CallOptions): Promise<string[]>;
  /** Directories that no entry names, and nothing is in any more: in no order. */
  emptied(): Iterable<string>;
}
