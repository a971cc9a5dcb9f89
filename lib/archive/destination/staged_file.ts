/**
 * The one place where files of an artifact are opened, written and given their mode and time: in a staging
 * directory, by a path below its root, never through a link.
 *
 * @module
 */

import { closeSync, constants, fchmodSync, futimesSync, openSync, writeSync } from "node:fs";
import type { Entry } from "../entry.ts";
import { setTime } from "./file_time.ts";
import { openNew, placeError } from "./new_file.ts";

/** Where files are made. */
export interface FileRoot {
  /** The staging directory's tree. */
  readonly root: string;
  /** Permission bits that this process's new files do not get; nothing where files have none, and none are set. */
  readonly umask: number | undefined;
}

/** What a file is to be. */
export type FileGoal = Pick<Entry, "path" | "mode" | "mtime">;

/** A file that is written from its first byte to its last. */
export class StagedFile {
  readonly #fd: number;
  readonly #goal: FileGoal;
  readonly #umask: number | undefined;
  #open = true;

  /**
   * Makes the file.
   *
   * @param where it is made
   * @param goal its path, and the mode and time that it has when it is finished
   * @throws {BlobberError} `conflict`, `file-system`
   */
  constructor({ root, umask }: FileRoot, goal: FileGoal) {
    this.#goal = goal;
    this.#umask = umask;
    try {
      this.#fd = openNew(pathIn(root, goal.path), writable(goal.mode));
    } catch (cause) {
      throw placeError("cannot write", goal.path, cause);
    }
  }

  /** Appends bytes. */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    } catch (cause) {
      throw placeError("cannot write", this.#goal.path, cause);
    }
  }

  /** Gives the file its mode and time, and closes it. */
  finish(): void {
    const { path, mode, mtime } = this.#goal;
    try {
      // Most were made with the mode that they are to have.
      const umask = this.#umask;
      if (umask !== undefined && (writable(mode) & ~umask) !== mode) fchmodSync(this.#fd, mode);
      setTime(mtime, (time) => futimesSync(this.#fd, time, time));
    } catch (cause) {
      throw placeError("cannot set the mode or the time of", path, cause);
    } finally {
      this.close();
    }
  }

  /** Closes the file as it is. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}

/**
 * Makes an empty file whose content comes in parts, from several threads.
 *
 * @throws {BlobberError} `conflict`, `file-system`
 */
export function beginParts({ root }: FileRoot, path: string): void {
  try {
    closeSync(openNew(pathIn(root, path), 0o600));
  } catch (cause) {
    throw placeError("cannot write", path, cause);
  }
}

/**
 * Writes a part of a file that was begun.
 *
 * @param part its file, and where in the file it goes
 * @throws {BlobberError} `file-system`
 */
export function writePart(
  { root }: FileRoot,
  part: { path: string; at: number },
  bytes: Uint8Array,
): void {
  withBegun(root, { path: part.path, failure: "cannot write" }, (fd) => {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(fd, bytes, done, bytes.length - done, part.at + done);
    }
  });
}

/**
 * Gives a file that came in parts its mode and time, when all are there.
 *
 * @throws {BlobberError} `file-system`
 */
export function finishParts({ root, umask }: FileRoot, { path, mode, mtime }: FileGoal): void {
  withBegun(root, { path, failure: "cannot set the mode or the time of" }, (fd) => {
    if (umask !== undefined) fchmodSync(fd, mode);
    setTime(mtime, (time) => futimesSync(fd, time, time));
  });
}

function withBegun(
  root: string,
  { path, failure }: { path: string; failure: string },
  use: (fd: number) => void,
): void {
  try {
    const fd = openSync(pathIn(root, path), constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      use(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw placeError(failure, path, cause);
  }
}

function writable(mode: number): number {
  return mode | 0o200;
}

/** Not `join`: the path is in normal form, and this is done for each of very many files. */
function pathIn(root: string, path: string): string {
  return `${root}/${path}`;
}
