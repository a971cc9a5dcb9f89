/**
 * An entry of an archive: the one model between a directory, a tar, a table of contents and a disk.
 *
 * @module
 */

/** What an entry is. */
export type EntryType = "file" | "directory" | "symlink" | "hardlink";

/** A file, directory or link, without its content. */
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
  /** Target of a symlink as it is written, or path of the entry that a hard link names. */
  linkTarget?: string | undefined;
}

/** The name of an entry as a tar and a table of contents have it: a directory's ends in a slash. */
export function storedName(entry: Pick<Entry, "path" | "type">): string {
  return entry.type === "directory" ? `${entry.path}/` : entry.path;
}
