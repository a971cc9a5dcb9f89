/**
 * A blob of a layout in the making: a file elsewhere, renamed into place when it is right.
 *
 * @module
 */

import { closeSync, fsyncSync, futimesSync, openSync, rmdirSync, rmSync } from "node:fs";
import { checkGiven } from "../../checked_content.ts";
import { Digester } from "../../digest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import { withLock } from "../../system/file_lock.ts";
import { randomName, rename, writeFully } from "../../system/files.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { isOrphan, ownedName } from "../../system/process_identity.ts";
import type { BlobWriter, CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { LayoutDirectory } from "./layout_directory.ts";

/** Writes one blob. */
export class LayoutBlobWriter implements BlobWriter {
  readonly #layout: LayoutDirectory;
  readonly #temporary: string;
  readonly #digester = new Digester();
  readonly #options: CallOptions;
  #fd: number | undefined;
  #closed = false;

  /** @param layout the layout's directory, which is this writer's from now on */
  constructor(layout: LayoutDirectory, options: CallOptions) {
    this.#layout = layout;
    this.#options = options;
    try {
      const { fd, path } = create(layout, ownedName(randomName()));
      this.#temporary = path;
      this.#fd = fd;
    } catch (error) {
      layout.close();
      throw error;
    }
  }

  /** As {@linkcode BlobWriter.write}. */
  // deno-lint-ignore require-await -- errors are rejections
  async write(bytes: Uint8Array): Promise<void> {
    const fd = this.#open();
    checkAborted(this.#options.signal);
    this.#digester.update(bytes);
    try {
      writeFully(fd, bytes);
    } catch (error) {
      throw fileError("cannot write", this.#temporary, error);
    }
  }

  /**
   * As {@linkcode BlobWriter.commit}. The blob is put into its place under the lock of the index, as blobs are let
   * go of under it.
   */
  async commit(descriptor: Descriptor): Promise<void> {
    const place = this.seal(descriptor);
    try {
      await withLock(this.#layout.lock, place, { signal: this.#options.signal });
    } finally {
      this.#close();
    }
  }

  /**
   * Ends what was written, which is right or refused.
   *
   * @returns puts it into its place, in one step: to be called under the lock of the index
   */
  seal(descriptor: Descriptor): () => void {
    const fd = this.#open();
    checkAborted(this.#options.signal);
    const digest = this.#digester.digest();
    try {
      const given = { digest, size: this.#digester.size };
      checkGiven(given, descriptor, `oci:${this.#layout.root.path}`);
      stamp(fd);
      // The name promises the content: it must not outlive a power failure without it.
      fsyncSync(fd);
      closeSync(fd);
      this.#fd = undefined;
    } catch (error) {
      this.#close();
      throw fileError("cannot write", this.#temporary, error);
    }
    return () => {
      if (this.#closed) throw this.#ended();
      try {
        rename(this.#temporary, this.#layout.newBlob(digest));
      } catch (error) {
        throw fileError("cannot write", this.#temporary, error);
      }
    };
  }

  /** As {@linkcode BlobWriter.abort}. */
  // deno-lint-ignore require-await -- errors are rejections
  async abort(): Promise<void> {
    this.#close();
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd;
    throw this.#ended();
  }

  #ended(): BlobberError {
    return new BlobberError(
      "closed",
      `a blob of oci:${this.#layout.root.path} is written after its end`,
    );
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.#temporary, { force: true });
    removeIngest(this.#layout);
    this.#layout.close();
  }
}

/** How far the precise clock may be from the other, which counts whole milliseconds. */
const CLOCK_SLACK_MS = 5;
/** The time of the last blob of this process, in seconds since 1970. */
let last = 0;

/**
 * Gives a blob the time at which it was written, to the microsecond: a manifest is younger than the blobs that it
 * names, and a blob that is younger was written for one that is still to come (`removal.ts`). The clock of a file
 * system may stand still for milliseconds.
 */
function stamp(fd: number): void {
  const [wall, precise] = [Date.now(), performance.timeOrigin + performance.now()];
  // A clock that was set since this process began leaves only the one that others read, too.
  const now = Math.abs(wall - precise) < CLOCK_SLACK_MS ? precise : wall;
  last = Math.max(now / 1000, last + 1e-6);
  futimesSync(fd, last, last);
}

/** Removes what processes left that were killed while they wrote. */
export function sweepIngest(layout: LayoutDirectory): void {
  try {
    const ingest = layout.ingest();
    const orphans = ingest?.names().filter(isOrphan) ?? [];
    for (const name of orphans) rmSync(ingest!.entry(name), { force: true });
    if (orphans.length > 0) removeIngest(layout);
  } catch { // not ours to clean
  }
}

/** Makes the file. Another writer that is done may remove the directory in between. */
function create(layout: LayoutDirectory, name: string): { fd: number; path: string } {
  for (let left = 100;; left--) {
    const path = layout.makeIngest()?.entry(name);
    try {
      if (path !== undefined) return { fd: openSync(path, "wx"), path };
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || left === 0) throw fileError("cannot write", path!, error);
    }
    if (left === 0) {
      throw new BlobberError("busy", `oci:${layout.root.path} is used by many others`);
    }
  }
}

/** Removes the directory, when it is empty and no link: one of the user's own stays. */
function removeIngest(layout: LayoutDirectory): void {
  try {
    if (layout.root.look("ingest")?.isDirectory()) rmdirSync(layout.root.entry("ingest"));
  } catch { // another process is writing
  }
}
