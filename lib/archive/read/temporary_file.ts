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
import { BlobberError } from "../../errors.ts";
import { thisPlatform } from "../../system/runtime.ts";
import { fileSystemError } from "../../system/fs_error.ts";

/** A file for this process only. */
export class TemporaryFile {
  readonly #fd: number;
  readonly #remove: () => void;
  #open = true;

  /**
   * Makes one.
   *
   * @throws {BlobberError} `file-system`
   */
  constructor() {
    let path = tmpdir();
    try {
      const dir = mkdtempSync(join(path, "blobber-")); // 0700
      path = join(dir, "layer");
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
      this.#fd = openSync(path, flags, 0o600);
      this.#remove = () => {
        for (const step of [() => unlinkSync(path), () => rmdirSync(dir)]) {
          try {
            step();
          } catch { // removed already
          }
        }
      };
      // Where an open file may be unlinked, nothing is left behind whatever happens.
      if (thisPlatform().os !== "windows") this.#remove();
    } catch (cause) {
      throw fileSystemError("cannot make the temporary file", path, cause);
    }
  }

  /**
   * Appends bytes.
   *
   * @throws {BlobberError} `file-system`
   */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    } catch (cause) {
      throw fileSystemError("cannot write the temporary file in", tmpdir(), cause);
    }
  }

  /**
   * Reads some bytes that are there.
   *
   * @param into is filled as far as one read does
   * @param at where in the file they begin
   * @returns how many
   * @throws {BlobberError} `closed`, `source-changed`
   */
  read(into: Uint8Array, at: number): number {
    if (!this.#open) throw new BlobberError("closed", "the image is closed");
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
