/**
 * Checked files that cost much more than their bytes to have again: layers that are one file, whose digest is
 * of all of it, and files out of layers without a table. Who reads one in parts, as a web server does, is given
 * the same bytes each time; so are those who want it at once.
 *
 * What is read is kept. Beside that, there is room for a number of bytes and of files, of which those go first
 * that were read the longest ago; the last one stays whatever its size.
 *
 * @module
 */

import { checkAborted, interruption } from "../../errors.ts";
import type { DiskFile } from "../../system/disk.ts";
import type { ByteRange } from "../../store.ts";
import { byteStream, streamOf } from "../../system/streams.ts";
import type { TiedSignal } from "../../system/tied_signal.ts";

/** What can be kept. */
export interface Wanted {
  /** What it is: the same for the same bytes. */
  key: string;
  /** Bytes. */
  size: number;
  /** Makes it, checked. Stops when it has no reader left. */
  make(signal: AbortSignal): Promise<KeptFile>;
}

/** Bytes on a disk or in memory. */
export type KeptFile = Pick<DiskFile, "read" | "close">;

/** A file that is read, which it is not removed before it is given back. */
interface Lease {
  slot: Slot;
  file: KeptFile;
}

/** A file that is kept, or in the making. */
interface Slot {
  readonly size: number;
  readonly file: Promise<KeptFile>;
  readonly making: AbortController;
  /** It, once it is made. */
  made: KeptFile | undefined;
  /** Who reads it or waits for it. */
  users: number;
}

/** Files by what they are, the last read last. */
export class KeptFiles {
  readonly #room: number;
  readonly #most: number;
  readonly #slots = new Map<string, Slot>();

  /**
   * @param room bytes of files that are not being read
   * @param most how many of those
   */
  constructor(room: number, most: number) {
    this.#room = room;
    this.#most = most;
  }

  /**
   * Opens a file, which is made when it is not kept.
   *
   * @param range which of its bytes
   * @param tied stops this reader alone; released when it ends
   */
  async open(
    wanted: Wanted,
    { start, end }: ByteRange,
    tied: TiedSignal,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { signal } = tied;
    if (start >= end) {
      tied.release();
      return streamOf(new Uint8Array(0));
    }
    const { slot, file } = await this.#lease(wanted, signal);
    let at = start;
    const release = () => {
      signal.removeEventListener("abort", release);
      tied.release();
      this.#release(wanted.key, slot);
    };
    if (signal.aborted) release();
    else signal.addEventListener("abort", release, { once: true });
    return byteStream((into) => {
      checkAborted(signal);
      const read = file.read(into.subarray(0, Math.min(into.length, end - at)), at);
      at += read;
      return read;
    }, () => {
      if (!signal.aborted) release();
    });
  }

  async #lease({ key, size, make }: Wanted, signal: AbortSignal): Promise<Lease> {
    checkAborted(signal);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      this.#makeRoom(size);
      const making = new AbortController();
      const made: Slot = { size, making, made: undefined, users: 0, file: make(making.signal) };
      made.file.then((file) => void (made.made = file), () => this.#forget(key, made));
      slot = made;
    } else this.#slots.delete(key);
    this.#slots.set(key, slot); // behind all others
    slot.users++;
    try {
      return { slot, file: await unlessAborted(slot.file, signal) };
    } catch (error) {
      this.#release(key, slot);
      throw error;
    }
  }

  #release(key: string, slot: Slot): void {
    if (--slot.users > 0 || slot.made !== undefined) return;
    slot.making.abort();
    this.#forget(key, slot);
  }

  #makeRoom(size: number): void {
    const unused = [...this.#slots].filter(([, { users }]) => users === 0);
    let bytes = unused.reduce((sum, [, slot]) => sum + slot.size, size);
    let files = unused.length + 1;
    for (const [key, slot] of unused) {
      if (bytes <= this.#room && files <= this.#most) return;
      this.#forget(key, slot);
      bytes -= slot.size;
      files--;
    }
  }

  #forget(key: string, slot: Slot): void {
    if (this.#slots.get(key) === slot) this.#slots.delete(key);
    if (slot.made !== undefined) slot.made.close();
    else slot.file.then((file) => file.close(), () => {});
  }

  /** Removes all of them; what is in the making is given up. */
  close(): void {
    for (const [key, slot] of this.#slots) {
      slot.making.abort();
      this.#forget(key, slot);
    }
  }
}

/** Files of an image that are kept, by where their bytes are. */
export interface Kept {
  inMemory: KeptFiles;
  onDisk: KeptFiles;
}

/** What a promise gives, unless a signal comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(interruption(signal));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
