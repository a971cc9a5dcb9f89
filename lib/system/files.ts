/**
 * Small files, read with a bound and written so that no reader ever sees half of one.
 *
 * @module
 */

import { toHex } from "../bytes.ts";
import { BlobberError } from "../errors.ts";
import { BUSY_FILE_MS } from "../limits.ts";
import { platform } from "./platform.ts";
import { counted, quote } from "../text/printable.ts";
import { isOrphan, ownedName } from "./process_identity.ts";
import { nodeModule } from "./runtime.ts";
import { errnoOf, fileError, shownPath } from "./system_error.ts";

// NOFOLLOW: a link in place of a file leads out of the directory. NONBLOCK: a pipe must not hang the read.
function readFlags(): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = nodeModule("fs").constants;
  return O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
}

/** A file opened for reading. */
export interface OpenFile {
  fd: number;
  size: number;
}

/**
 * Opens a regular file. Links, pipes and devices are refused.
 *
 * @param path the file
 * @returns `undefined` when there is none
 */
export function openRegular(path: string): OpenFile | undefined {
  const { openSync, fstatSync, closeSync } = nodeModule("fs");
  let fd: number;
  try {
    fd = openSync(path, readFlags());
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw fileError("cannot read", path, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  throw new BlobberError(
    "file-system",
    `cannot read ${quote(shownPath(path))}: it is not a regular file`,
  );
}

/**
 * Reads a whole file of bounded size.
 *
 * @param path the file
 * @param limit the most bytes to accept
 * @returns `undefined` when there is none
 */
export function readBounded(path: string, limit: number): Uint8Array<ArrayBuffer> | undefined {
  const file = openRegular(path);
  if (!file) return undefined;
  const { readSync, closeSync } = nodeModule("fs");
  try {
    if (file.size > limit) {
      throw new BlobberError(
        "limit",
        `${quote(shownPath(path))} has ${counted(file.size, "byte")}, expected at most ${limit}`,
      );
    }
    const bytes = new Uint8Array(file.size);
    let at = 0;
    while (at < bytes.length) {
      const n = readSync(file.fd, bytes, at, bytes.length - at, at);
      if (n === 0) break;
      at += n;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    throw fileError("cannot read", path, error);
  } finally {
    closeSync(file.fd);
  }
}

/** Writes all of some bytes at the end of what was written. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  const { writeSync } = nodeModule("fs");
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** Memory to wait on. */
let nothing: Int32Array<SharedArrayBuffer> | undefined;

/**
 * Does something to a file, and tries again while another process has the file open. On Windows a virus scanner or
 * another reader may have it open for a moment.
 *
 * @param act what to do; nothing is done of it when it fails
 * @throws what the last try threw
 */
export function whenFree<T>(act: () => T): T {
  for (let wait = 1, waited = 0;; wait = Math.min(2 * wait, 64)) {
    try {
      return act();
    } catch (error) {
      const isBusy = [error, (error as Error | undefined)?.cause]
        .some((one) => platform().busyCodes.includes(errnoOf(one) ?? ""));
      if (!isBusy || waited >= BUSY_FILE_MS) throw error;
      nothing ??= new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(nothing, 0, 0, wait);
      waited += wait;
    }
  }
}

/**
 * Renames a file or directory, over a file that is there too. Where another process has it open for a moment, it is
 * waited for.
 */
export function rename(from: string, to: string): void {
  const { renameSync } = nodeModule("fs");
  whenFree(() => renameSync(from, to));
}

/** A name that no other file has. */
export function randomName(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(8)));
}

/**
 * A name beside a file for one in the making, which says whose it is.
 *
 * @param path the file
 */
export function besidePath(path: string): string {
  return `${path}.${ownedName(randomName())}.tmp`;
}

/**
 * Removes what processes left beside files that were killed while they wrote.
 *
 * @param directory where the files are
 */
export function sweepBeside(directory: string): void {
  const { readdirSync, rmSync } = nodeModule("fs");
  for (const name of readdirSync(directory)) {
    const owned = /\.(blobber-[0-9a-z-]+)\.tmp$/.exec(name)?.[1];
    if (owned === undefined || !isOrphan(owned)) continue;
    try {
      rmSync(`${directory}/${name}`, { force: true });
    } catch { // a directory, or another user's: none of ours
    }
  }
}

/** How {@linkcode writeAtomic} writes. */
export interface WriteOptions {
  /** Whether the file must outlast a power failure, whole. @default true */
  durable?: boolean | undefined;
  /** Permission bits of a new file. @default 0o666 less the umask */
  mode?: number | undefined;
  /** Called before the file is put in place; what it throws leaves the old one. */
  before?: (() => void) | undefined;
}

/**
 * Writes a file so that readers find the old one or the new one, whole.
 *
 * @param path the file
 * @param bytes its content
 */
export function writeAtomic(path: string, bytes: Uint8Array, options: WriteOptions = {}): void {
  const { openSync, fsyncSync, closeSync, rmSync } = nodeModule("fs");
  const temporary = besidePath(path);
  try {
    const fd = openSync(temporary, "wx", options.mode ?? 0o666);
    try {
      writeFully(fd, bytes);
      if (options.durable ?? true) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    options.before?.();
    rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileError("cannot write", path, error);
  }
}
