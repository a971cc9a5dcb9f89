/**
 * Compresses as RFC 1951 has it, into the same bytes in every runtime and version: what a compressor chooses
 * is a part of the format `gzip-1` (docs/digests.md). It uses whole numbers alone, so nothing is left to an
 * engine, and looks at nothing but the bytes. To change what it writes is to make another format.
 *
 * Matches are found by a hash of four bytes, along a short chain of earlier places with the same hash, and the
 * longest is taken: as level 3 of zlib does.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { BitWriter } from "./bit_writer.ts";
import { Block } from "./deflate_block.ts";
import { MAX_LENGTH, WINDOW } from "./deflate_tables.ts";
import { MAX_COUNT } from "./huffman.ts";

/** Bits of a hash. */
const HASH_BITS = 15;
const HASH_SHIFT = 32 - HASH_BITS;
/** 2^32 by the golden ratio (Knuth, 6.4). */
const HASH_FACTOR = 0x9e3779b1;
/** Bytes of the shortest match. */
const MIN_LENGTH = 4;
/** Earlier places that are looked at. */
const CHAIN = 6;
/** Length of a match that is good enough to look no further. */
const NICE_LENGTH = 32;
/** Matches of a block. */
const BLOCK_MATCHES = 8192;
/** Bytes at the end in which no match begins. */
const END = 5;
/** Where nothing matches for long, places are passed over: one more for each 2^6 bytes, up to 32. */
const SKIP_SHIFT = 6;
const MAX_SKIP = 32;
/** Places have 31 bits: behind this one no stream begins, and none has as many bytes as are left. */
const LAST_PLACE = 2 ** 30;

/** Compresses pieces of one stream after another. Room for its tables is made once. */
export class Deflate {
  readonly #heads = new Int32Array(1 << HASH_BITS);
  readonly #chains = new Int32Array(WINDOW);
  readonly #block = new Block(BLOCK_MATCHES);
  /** Place of the first byte of the piece's memory. What lies a window before a place is out of sight. */
  #base = WINDOW + 1;
  /** Place behind the last byte seen. */
  #end = 0;

  /** Begins a stream, of which nothing that came before is seen. */
  begin(): void {
    if (this.#end > LAST_PLACE) {
      this.#heads.fill(0);
      this.#end = 0;
    }
    this.#base = this.#end + WINDOW + 1;
  }

  /** Tells that what stood at `by` in the memory of the stream now stands at 0. */
  slide(by: number): void {
    this.#base += by;
  }

  /**
   * Compresses `plain[from..)`; matches may lie before it.
   *
   * @param plain bytes
   * @param from where the piece begins
   * @param isLast whether the stream ends with it
   * @param writer takes the bits
   */
  piece(plain: Uint8Array, from: number, isLast: boolean, writer: BitWriter): void {
    const to = plain.length;
    if (to > MAX_COUNT || this.#base + to >= 2 ** 31) {
      throw new BlobberError("unexpected", `cannot compress ${to} bytes at once`);
    }
    // Told first: where writing fails, places of this stream stay behind.
    this.#end = this.#base + to;
    const view = new DataView(plain.buffer, plain.byteOffset, to);
    const block = this.#block;
    let begin = from;
    do {
      block.clear();
      const end = this.#fill(plain, view, begin);
      block.write(plain, { from: begin, to: end, isLast: isLast && end === to }, writer);
      begin = end;
    } while (begin < to);
  }

  /** Finds the matches of a block. @returns where it ends */
  #fill(plain: Uint8Array, view: DataView, begin: number): number {
    const [heads, chains, block, base] = [this.#heads, this.#chains, this.#block, this.#base];
    const to = plain.length;
    const last = to - END;
    let at = begin;
    let literals = begin;
    while (at <= last) {
      const four = view.getInt32(at, true);
      const hash = Math.imul(four, HASH_FACTOR) >>> HASH_SHIFT;
      const place = at + base;
      let other = heads[hash]!;
      heads[hash] = place;
      chains[place & (WINDOW - 1)] = other;
      const first = place - WINDOW;
      let length = MIN_LENGTH - 1;
      let distance = 0;
      if (other >= first) {
        const most = to - at < MAX_LENGTH ? to - at : MAX_LENGTH;
        for (let left = CHAIN; left > 0; left--) {
          const before = other - base;
          if (
            plain[before + length] === plain[at + length] && view.getInt32(before, true) === four
          ) {
            let same = MIN_LENGTH;
            for (;;) {
              if (same + 4 > most) {
                while (same < most && plain[before + same] === plain[at + same]) same++;
                break;
              }
              const differ = view.getInt32(before + same, true) ^ view.getInt32(at + same, true);
              if (differ !== 0) {
                same += (31 - Math.clz32(differ & -differ)) >> 3;
                break;
              }
              same += 4;
            }
            if (same > length) {
              length = same;
              distance = at - before;
              if (same >= NICE_LENGTH || same === most) break;
            }
          }
          other = chains[other & (WINDOW - 1)]!;
          if (other < first) break;
        }
      }
      if (distance === 0) {
        const skip = (at - literals) >> SKIP_SHIFT;
        at += 1 + (skip < MAX_SKIP ? skip : MAX_SKIP);
        continue;
      }
      block.literals(plain, literals, at);
      block.match(length, distance);
      literals = at + length;
      const stop = literals <= last ? literals : last + 1;
      for (let i = at + 1; i < stop; i++) {
        const hash = Math.imul(view.getInt32(i, true), HASH_FACTOR) >>> HASH_SHIFT;
        chains[(i + base) & (WINDOW - 1)] = heads[hash]!;
        heads[hash] = i + base;
      }
      at = literals;
      if (block.isFull) {
        block.literals(plain, at, at);
        return at;
      }
    }
    block.literals(plain, literals, to);
    return to;
  }
}
