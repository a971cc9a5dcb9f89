/**
 * Reads files that must not change between the walk that listed them and the read.
 *
 * @module
 */

import { closeSync, constants, openSync, readSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { statLink } from "../../system/runtime.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";

/** What tells a file from another, and from itself at another time. Times are in milliseconds. */
export interface FileStamp {
  size: number;
  mtime: number;
  ctime: number;
  inode: number;
}

/** Whether something is still what it was. */
export function sameStamp(now: FileStamp, then: FileStamp): boolean {
  return now.size === then.size && now.mtime === then.mtime && now.ctime === then.ctime &&
    now.inode === then.inode;
}

/** A part of a file to be read. */
export interface FileRead {
  /** Where the file is. */
  file: string;
  /** What the walk saw. */
  stamp: FileStamp;
  /** Where in the file to begin. */
  from: number;
  /** How many bytes. */
  size: number;
  /** Where in the buffer they go. */
  at: number;
}

// NOFOLLOW: the walk saw a file, not a link. NONBLOCK: a pipe put in its place must not hang the read.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file to read it.
 *
 * @param file where it is
 * @throws {BlobberError} `source-changed` when it is no longer a file, `file-system`
 */
export function openSource(file: string): number {
  try {
    return openSync(file, FLAGS);
  } catch (cause) {
    throw readError(file, cause);
  }
}

/**
 * Reads a part of a file that is open. Whether the file is what the walk saw is not asked.
 *
 * @param fd the file
 * @param read what to read, and where it goes
 * @param buffer where it goes
 * @throws {BlobberError} `source-changed` when the file ends before, `file-system`
 */
export function readSource(
  fd: number,
  { file, from, size, at }: Omit<FileRead, "stamp">,
  buffer: Uint8Array,
): void {
  for (let done = 0; done < size;) {
    let n: number;
    try {
      n = readSync(fd, buffer, at + done, size - done, from + done);
    } catch (cause) {
      throw readError(file, cause);
    }
    if (n === 0) throw changed(file);
    done += n;
  }
}

/**
 * Reads a part of a file into a buffer.
 *
 * @param read what to read, and where it goes
 * @param buffer where it goes
 * @throws {BlobberError} `source-changed` when the file is not what the walk saw, before or after the read;
 * `file-system` when it cannot be read
 */
export function readPart(read: FileRead, buffer: Uint8Array): void {
  const fd = openSource(read.file);
  try {
    readSource(fd, read, buffer);
    // One look after the read tells as much as one before it: whatever changed in between shows. It is by
    // name, for a third of the time that `fstat` takes in Deno: a file that was put in this one's place and
    // taken away again has moved this one, which its ctime tells.
    const now = statLink(read.file);
    if (now.type !== "file" || !sameStamp(now, read.stamp)) throw changed(read.file);
  } catch (cause) {
    throw cause instanceof BlobberError ? cause : readError(read.file, cause);
  } finally {
    closeSync(fd);
  }
}

/** The error for something that is no longer what the walk saw. */
export function changed(path: string): BlobberError {
  return new BlobberError("source-changed", `${quote(path)} changed while it was being read`, {
    hint: "push again when nothing writes to the directory any more",
  });
}

/** What the system says when a name no longer names what the walk saw. */
const GONE = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENXIO", "ESTALE"]);

/** The error for something of the source that cannot be read. */
export function readError(path: string, cause: unknown): BlobberError {
  return GONE.has(errnoOf(cause) ?? "") ? changed(path) : fileError("cannot read", path, cause);
}
