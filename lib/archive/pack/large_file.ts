/**
 * Adds files that are cut into chunks to batches.
 *
 * The thread that plans reads them, because their content decides where chunks end, and so which of them a
 * batch takes. It looks at a quarter of what it reads; hashing and compressing stay the threads' work.
 *
 * @module
 */

import { WHOLE_FILE_BYTES } from "../chunking/chunk_rule.ts";
import { Cutter } from "../chunking/cutter.ts";
import type { Entry } from "../entry.ts";
import { type Batch, BATCH_BYTES } from "./batch.ts";

/** A file that is cut. */
export interface LargeFile {
  entry: Entry;
  /** What it is called, for a message. */
  name: string;
  /** Reads as much of it as there is room for, from a place in it on; called in order. */
  fill(into: Uint8Array, from: number): void | Promise<void>;
}

/** Whether a file is cut. */
export function isLarge({ size }: Entry): boolean {
  return size > WHOLE_FILE_BYTES;
}

/** Adds large files, one after another. */
export class LargeFiles {
  readonly #next: () => Promise<Batch>;
  /** What was read of a chunk for which the batch has no room. */
  #carried: Uint8Array | undefined;

  /** @param next gives the current batch away and begins another */
  constructor(next: () => Promise<Batch>) {
    this.#next = next;
  }

  /**
   * Adds the content of a file, whose header came before.
   *
   * @throws {BlobberError} what `fill` and `next` throw
   */
  async add({ entry, name, fill }: LargeFile): Promise<void> {
    const { size } = entry;
    const cutter = new Cutter(size);
    const carried = this.#carried ??= new Uint8Array(BATCH_BYTES);
    let batch = await this.#next();
    /** Where in the file the chunk begins that goes on, and how much of it stands in the batch. */
    let from = 0;
    let looked = 0;
    for (;;) {
      const space = batch.space();
      const to = Math.min(space.length, size - from);
      const filling = fill(space.subarray(looked, to), from + looked);
      if (filling !== undefined) await filling;
      let begin = 0;
      for (let at = looked; at < to;) {
        at = cutter.next(space, at, to);
        if (at < 0) break;
        const chunk = batch.content(entry, from, at - begin);
        if (from === 0) batch.filledIn(name, size, chunk);
        from += at - begin;
        begin = at;
      }
      if (from === size) return;
      looked = to - begin;
      carried.set(space.subarray(begin, to));
      batch = await this.#next();
      batch.space().set(carried.subarray(0, looked));
    }
  }
}
