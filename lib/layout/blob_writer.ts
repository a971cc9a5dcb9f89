/**
 * A blob of a layout in the making: a file elsewhere, renamed into place when it is right.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { Digester } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { errnoOf, fileError, writeFully } from "../files.ts";
import { isOrphan, ownedName } from "../process_identity.ts";
import type { BlobWriter, CallOptions } from "../store.ts";
import type { Descriptor } from "../types.ts";
import type { LayoutPaths } from "./paths.ts";

/** Writes one blob. */
export class LayoutBlobWriter implements BlobWriter {
  readonly #paths: LayoutPaths;
  readonly #temporary: string;
  readonly #digester = new Digester();
  readonly #options: CallOptions;
  #fd: number | undefined;

  /** @param paths the layout's places, which exist */
  constructor(paths: LayoutPaths, options: CallOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#temporary = join(paths.ingest, ownedName(randomBytes(8).toString("hex")));
    this.#fd = create(paths, this.#temporary);
  }

  /** As {@linkcode BlobWriter.write}. */
  // deno-lint-ignore require-await -- errors are rejections
  async write(bytes: Uint8Array): Promise<void> {
    const fd = this.#open();
    this.#options.signal?.throwIfAborted();
    this.#digester.update(bytes);
    try {
      writeFully(fd, bytes);
    } catch (error) {
      throw fileError("cannot write", this.#temporary, error);
    }
  }

  /** As {@linkcode BlobWriter.commit}. */
  // deno-lint-ignore require-await -- errors are rejections
  async commit(descriptor: Descriptor): Promise<void> {
    const fd = this.#open();
    this.#options.signal?.throwIfAborted();
    const [digest, size] = [this.#digester.digest(), this.#digester.size];
    if (digest !== descriptor.digest || size !== descriptor.size) {
      this.#close();
      throw new BlobberError(
        "integrity",
        `oci:${this.#paths.root} was given ${digest} (${size} bytes), ` +
          `expected ${descriptor.digest} (${descriptor.size} bytes)`,
      );
    }
    try {
      // The name promises the content: it must not outlive a power failure without it.
      fsyncSync(fd);
      closeSync(fd);
      this.#fd = undefined;
      renameSync(this.#temporary, this.#paths.blob(digest));
    } catch (error) {
      throw fileError("cannot write", this.#paths.blob(digest), error);
    } finally {
      this.#close();
    }
  }

  /** As {@linkcode BlobWriter.abort}. */
  // deno-lint-ignore require-await -- errors are rejections
  async abort(): Promise<void> {
    this.#close();
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd;
    throw new BlobberError("closed", `a blob of oci:${this.#paths.root} is written after its end`);
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.#temporary, { force: true });
    removeEmpty(this.#paths.ingest);
  }
}

/** Removes what processes left that were killed while they wrote. */
export function sweepIngest(paths: LayoutPaths): void {
  try {
    const orphans = readdirSync(paths.ingest).filter(isOrphan);
    for (const name of orphans) rmSync(join(paths.ingest, name), { force: true });
    if (orphans.length > 0) removeEmpty(paths.ingest);
  } catch { // no such directory, or not ours to clean
  }
}

/** Makes the file. Another writer that is done may remove the directory in between. */
function create(paths: LayoutPaths, file: string): number {
  for (let left = 100;; left--) {
    try {
      mkdirSync(paths.ingest, { recursive: true });
      return openSync(file, "wx");
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || left === 0) throw fileError("cannot write", file, error);
    }
  }
}

function removeEmpty(directory: string): void {
  try {
    if (readdirSync(directory).length === 0) rmdirSync(directory);
  } catch { // somebody else is writing
  }
}
