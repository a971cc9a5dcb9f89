/**
 * A private temporary file that is gone when it is closed.
 *
 * @module
 */

import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobberError } from "../errors.ts";
import { platform } from "./platform.ts";
import { fileError } from "./system_error.ts";

/** A file that only this process uses. It has no name where the system allows that. */
export class TemporaryFile {
  readonly #fd: number;
  readonly #remove: () => void;
  #size = 0;
  #open = true;

  /**
   * Makes an empty one, readable by this user alone.
   *
   * @throws {BlobberError} `file-system`
   */
  constructor() {
    let path = tmpdir();
    try {
      const directory = mkdtempSync(join(path, "blobber-")); // 0700
      path = join(directory, "file");
      this.#remove = () => {
        for (const step of [() => unlinkSync(path), () => rmdirSync(directory)]) {
          try {
            step();
          } catch { // removed already
          }
        }
      };
      try {
        this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      } catch (cause) {
        this.#remove();
        throw cause;
      }
      // An open file without a name leaves nothing behind, even when this process is killed.
      if (platform().unlinksOpenFiles) this.#remove();
    } catch (cause) {
      throw fileError("cannot make the temporary file", path, cause);
    }
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends bytes.
   *
   * @throws {BlobberError} `file-system`
   */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) {
        const written = writeSync(this.#fd, bytes, at, bytes.length - at, this.#size);
        at += written;
        this.#size += written;
      }
    } catch (cause) {
      throw fileError("cannot write the temporary file in", tmpdir(), cause);
    }
  }

  /**
   * Reads bytes that were written.
   *
   * @param into is filled as far as one read goes
   * @param at where in the file they begin
   * @returns how many were read
   * @throws {BlobberError} `closed`, `source-changed`
   */
  read(into: Uint8Array, at: number): number {
    if (!this.#open) throw new BlobberError("closed", "the temporary file is closed");
    const read = readSync(this.#fd, into, 0, into.length, at);
    if (read === 0 && into.length > 0) {
      throw new BlobberError("source-changed", "a temporary file became shorter while it was read");
    }
    return read;
  }

  /** Removes the file. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    this.#remove();
  }
}
