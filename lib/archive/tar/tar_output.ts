/**
 * Writes a tar, piece by piece: headers, content and the blocks that end it, put together to pieces that are
 * worth a call of what takes them.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import { BLOCK, paddingOf } from "./tar_layout.ts";
import { MAX_HEADER_BYTES, writeHeader } from "./write_header.ts";

/** Bytes of a piece. */
const PIECE_BYTES = 256 * 1024;
/** What ends an archive (POSIX pax, "ustar Interchange Format") */
const END_BLOCKS = 2;

/** Takes bytes of a tar, which are its own from then on. Resolves when more may come. */
export type TakeBytes = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

/** A tar that is being written. */
export class TarOutput {
  readonly #take: TakeBytes;
  #piece = new Uint8Array(PIECE_BYTES);
  #at = 0;
  /** What is to come of the entry's content, and the zeros behind it. */
  #left = 0;
  #padding = 0;

  /** @param take is given the bytes in their order */
  constructor(take: TakeBytes) {
    this.#take = take;
  }

  /** Begins an entry, whose content follows. */
  async entry(entry: Entry): Promise<void> {
    if (this.#piece.length - this.#at < MAX_HEADER_BYTES) await this.#flush();
    this.#at = writeHeader(entry, this.#piece, this.#at);
    this.#left = entry.size;
    this.#padding = paddingOf(entry.size);
  }

  /** Writes content, of which a copy is taken. */
  async content(bytes: Uint8Array): Promise<void> {
    this.#left -= bytes.length;
    for (let at = 0; at < bytes.length;) {
      if (this.#at === this.#piece.length) await this.#flush();
      const part = bytes.subarray(at, at + this.#piece.length - this.#at);
      this.#piece.set(part, this.#at);
      this.#at += part.length;
      at += part.length;
    }
    if (this.#left === 0) await this.#zeros(this.#padding);
  }

  /** Ends the tar. */
  async end(): Promise<void> {
    await this.#zeros(END_BLOCKS * BLOCK);
    await this.#flush();
  }

  async #zeros(count: number): Promise<void> {
    if (this.#piece.length - this.#at < count) await this.#flush();
    this.#piece.fill(0, this.#at, this.#at + count);
    this.#at += count;
  }

  async #flush(): Promise<void> {
    if (this.#at === 0) return;
    const piece = this.#piece.subarray(0, this.#at);
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#at = 0;
    await this.#take(piece);
  }
}
