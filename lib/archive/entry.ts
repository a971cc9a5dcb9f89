/**
 * An entry of an archive: the one model between a directory, a tar, a table of contents and a disk.
 *
 * @module
 */

/** What is listed, and never made: a character or block device, or a named pipe. */
export type SpecialType = "char" | "block" | "fifo";

/** What an entry is. */
export type EntryType = "file" | "directory" | "symlink" | "hardlink" | SpecialType;

const SPECIAL: Readonly<Record<SpecialType, string>> = {
  char: "a character device",
  block: "a block device",
  fifo: "a named pipe",
};

/**
 * Says what a special entry is, in words.
 *
 * @param type what an entry is
 * @returns `undefined` for files, directories and links
 */
export function specialName(type: EntryType): string | undefined {
  return (SPECIAL as Partial<Record<EntryType, string>>)[type];
}

/** The seconds before and after 1970 that a `Date` can hold: some 270,000 years. */
const MAX_SECONDS = 8_640_000_000_000;

/**
 * The time that stands for one: archives may state any number, and the nearest that can be had is taken.
 *
 * @param seconds since 1970
 */
export function nearestTime(seconds: number): number {
  return Math.min(MAX_SECONDS, Math.max(-MAX_SECONDS, seconds));
}

/** A file, directory or link, without its content; or a device or pipe. */
export interface Entry {
  /** Relative, `/`-separated, without `.`, `..`, empty components or a trailing slash. */
  path: string;
  /** What it is. */
  type: EntryType;
  /** Bytes of content; 0 for everything but a file. */
  size: number;
  /** Permission bits, `0o777` at the most. */
  mode: number;
  /** Modification time in seconds since 1970; 0 stands for none. */
  mtime: number;
  /** Target of a symbolic link as it is written, or path of the entry that a hard link names. */
  linkTarget?: string | undefined;
}

/** Permission bits of a directory that no entry names, before the umask: as `mkdir` makes one. */
export const IMPLIED_MODE = 0o777;

/** The name of an entry as a tar and a table of contents have it: a directory's ends in a slash. */
export function storedName(entry: Pick<Entry, "path" | "type">): string {
  return entry.type === "directory" ? `${entry.path}/` : entry.path;
}
