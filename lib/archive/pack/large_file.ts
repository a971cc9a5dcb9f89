/**
 * Adds files that are cut into chunks to batches.
 *
 * Their content decides where chunks end, and so which of them a batch takes: the thread that plans looks at a
 * quarter of it. What lies on a disk is read whole by the thread that packs, as other files are.
 *
 * @module
 */

import { closeSync } from "node:fs";
import { WHOLE_FILE_BYTES } from "../chunking/chunk_rule.ts";
import { Cutter } from "../chunking/cutter.ts";
import type { Entry } from "../entry.ts";
import { openSource, readSource } from "../input/source_file.ts";
import { type Batch, BATCH_BYTES, type FileOnDisk } from "./batch.ts";

/** Bytes that are read at a time to find the end of a chunk: it is in them more often than not. */
const LOOK_BYTES = 32 * 1024;

/** Whether a file is cut. */
export function isLarge({ size }: Entry): boolean {
  return size > WHOLE_FILE_BYTES;
}

/** Fills all of `into` with what comes next of a file. */
export type FillContent = (into: Uint8Array) => Promise<void>;

/** Adds large files, one after another. */
export class LargeFiles {
  readonly #next: () => Promise<Batch>;
  /** What was read of a chunk for which the batch has no room, or of a file to find its chunks. */
  #buffer: Uint8Array | undefined;

  /** @param next gives the current batch away and begins another */
  constructor(next: () => Promise<Batch>) {
    this.#next = next;
  }

  /**
   * Adds the content of a file on disk, whose header came before. That it is still what it was is seen when
   * its batches are packed.
   *
   * @throws {BlobberError} `source-changed`, `file-system`, and what `next` throws
   */
  async addFile(entry: Entry, place: FileOnDisk): Promise<void> {
    const { size } = entry;
    const { file } = place;
    const cutter = new Cutter(size);
    const buffer = this.#buffer ??= new Uint8Array(BATCH_BYTES);
    const fd = openSource(file);
    try {
      let batch = await this.#next();
      for (let from = 0; from < size;) {
        let at = from + cutter.skip();
        for (let end = -1; end < 0 && at < size;) {
          const length = Math.min(LOOK_BYTES, size - at);
          const read = { file, at: 0, from: at, size: length };
          readSource(fd, read, buffer);
          end = cutter.next(buffer, 0, length);
          at += end < 0 ? length : end;
        }
        const chunk = at - from;
        if (chunk > batch.room) batch = await this.#next();
        batch.fileContent(entry, from, chunk, place);
        from = at;
      }
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Adds the content of a file that comes as it is asked for; its header came before.
   *
   * @throws {BlobberError} what `fill` and `next` throw
   */
  async add(entry: Entry, fill: FillContent): Promise<void> {
    const { path, size } = entry;
    const cutter = new Cutter(size);
    const carried = this.#buffer ??= new Uint8Array(BATCH_BYTES);
    let batch = await this.#next();
    /** Where in the file the chunk begins that goes on, and how much of it stands in the batch. */
    let from = 0;
    let looked = 0;
    for (;;) {
      const space = batch.space();
      const to = Math.min(space.length, size - from);
      await fill(space.subarray(looked, to));
      let begin = 0;
      for (let at = looked; at < to;) {
        at = cutter.next(space, at, to);
        if (at < 0) break;
        const chunk = batch.content(entry, from, at - begin);
        if (from === 0) batch.filledIn(path, size, chunk);
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
