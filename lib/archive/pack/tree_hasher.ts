/**
 * Takes what would be packed, and finds the digest of the tree that it makes: nothing is compressed and
 * nothing kept but records.
 *
 * @module
 */

import { type Digest, Digester, digestOf } from "../../digest.ts";
import { Pace } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";
import type { ReadContent } from "../input/input.ts";
import { changed, type FileStamp, readPart } from "../input/source_file.ts";
import type { TreeTaker } from "../tree_form.ts";
import { BATCH_BYTES } from "./batch.ts";
import type { EntrySink } from "./pack_input.ts";

/** Hashes contents as they come, on this thread. */
export class TreeHasher implements EntrySink {
  readonly #tree: TreeTaker;
  readonly #pace: Pace;
  readonly #buffer = new Uint8Array(BATCH_BYTES);
  readonly #onBytes: (bytes: number) => void;

  /**
   * @param tree takes the entries with the digests of their contents
   * @param onBytes is told how many bytes were hashed further
   * @param signal stops the work
   */
  constructor(tree: TreeTaker, onBytes: (bytes: number) => void, signal?: AbortSignal) {
    this.#tree = tree;
    this.#onBytes = onBytes;
    this.#pace = new Pace(signal);
  }

  /** As {@linkcode EntrySink.addFile}; the file is read at once. */
  async addFile(entry: Entry, file: string, stamp: FileStamp): Promise<void> {
    const read = (from: number, size: number) =>
      readPart({ file, stamp, from, size, at: 0 }, this.#buffer);
    await this.#hash(entry, read);
  }

  /** As {@linkcode EntrySink.add}. */
  async add(entry: Entry, read?: ReadContent): Promise<void> {
    await this.#hash(entry, async (_from, size) => {
      for (let done = 0; done < size;) {
        const n = await read!(this.#buffer.subarray(done, size));
        if (n === 0) throw changed(entry.path);
        done += n;
      }
    });
  }

  /** @param fill reads a part of the entry's content into the buffer */
  async #hash(
    entry: Entry,
    fill: (from: number, size: number) => void | Promise<void>,
  ): Promise<void> {
    const { size: total } = entry;
    let digest: Digest | undefined;
    let digester: Digester | undefined;
    for (let from = 0; from < total;) {
      const size = Math.min(total - from, BATCH_BYTES);
      const filling = fill(from, size);
      if (filling !== undefined) await filling;
      const part = this.#buffer.subarray(0, size);
      if (size === total) digest = digestOf(part);
      else (digester ??= new Digester()).update(part);
      from += size;
      this.#onBytes(size);
      await this.#pace.breathe();
    }
    this.#tree.add(entry, digest ?? digester?.digest());
    if (total === 0 && this.#pace.due()) await this.#pace.breathe();
  }
}
