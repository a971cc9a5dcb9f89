/**
 * Cuts the content of a file into chunks as it comes: in whatever pieces, the cuts are the same.
 *
 * @module
 */

import { type ChunkRule, chunkRuleOf } from "./chunk_rule.ts";
import { gear, GEAR_WINDOW } from "./gear.ts";

/** Cuts one file. */
export class Cutter {
  readonly #rule: ChunkRule;
  readonly #mask: number;
  /** Bytes of the file that are still to come. */
  #left: number;
  /** Bytes of the chunk so far. */
  #length = 0;
  #hash = 0;

  /**
   * @param size bytes of the file
   * @param rule how it is cut; another file's rule finds chunks that this file shares with that one
   */
  constructor(size: number, rule: ChunkRule | undefined = chunkRuleOf(size)) {
    this.#rule = rule ?? { smallest: size, average: size, largest: size, bits: 0 };
    this.#mask = rule === undefined ? 0 : -1 << (32 - rule.bits);
    this.#left = size;
  }

  /**
   * Passes over the bytes of a chunk that need not be looked at, at its beginning: three quarters of it at least.
   *
   * @returns how many these are; to the end of the file where the chunk cannot end before
   */
  skip(): number {
    const bytes = Math.min(this.#rule.smallest - GEAR_WINDOW - this.#length, this.#left);
    if (bytes <= 0) return 0;
    this.#length += bytes;
    this.#left -= bytes;
    return bytes;
  }

  /**
   * Goes on through the content. Each call begins where the one before it came to.
   *
   * @param bytes where the content is
   * @param from where in it to go on
   * @param to where what has come so far ends
   * @returns where in `bytes` the chunk ends, or -1 when all of it was looked at and the chunk goes on
   */
  next(bytes: Uint8Array, from: number, to: number): number {
    const begin = from - this.#length;
    const fileEnd = from + this.#left;
    const { smallest, largest } = this.#rule;
    const limit = Math.min(begin + largest, fileEnd);
    const end = Math.min(to, limit);
    // The hash that is asked at `smallest` for the first time has seen a whole window by then.
    const first = begin + smallest - 1;
    let at = Math.max(from, first - GEAR_WINDOW + 1);
    let cut = -1;
    if (at < end) {
      const warm = Math.min(first, end);
      if (at < warm) {
        this.#hash = warmUp(bytes, at, warm, this.#hash);
        at = warm;
      }
      if (at < end) cut = this.#scan(bytes, at, end);
    }
    if (cut < 0 && end === limit) cut = end;
    const gone = cut < 0 ? end : cut;
    this.#left -= gone - from;
    this.#length = cut < 0 ? gone - begin : 0;
    if (cut >= 0) this.#hash = 0;
    return cut;
  }

  /** The first place in a range where the chunk may end, or -1. */
  #scan(bytes: Uint8Array, from: number, to: number): number {
    const numbers = gear();
    const mask = this.#mask;
    let hash = this.#hash;
    // Whole numbers all the way: the loop takes a third less time than without these.
    const end = to | 0;
    for (let at = from | 0; at < end; at = at + 1 | 0) {
      hash = (hash << 1) + numbers[bytes[at]!]! | 0;
      if ((hash & mask) === 0) return at + 1;
    }
    this.#hash = hash;
    return -1;
  }
}

function warmUp(bytes: Uint8Array, from: number, to: number, hash: number): number {
  const numbers = gear();
  for (let at = from; at < to; at++) hash = (hash << 1) + numbers[bytes[at]!]! | 0;
  return hash;
}

/**
 * Cuts content that lies in memory.
 *
 * @param bytes a whole file
 * @param rule how it is cut; by its size where left out
 * @returns where each chunk ends; nothing for an empty file
 */
export function cutsOf(bytes: Uint8Array, rule?: ChunkRule): number[] {
  const cutter = new Cutter(bytes.length, rule);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at = cutter.next(bytes, at, bytes.length);
    ends.push(at);
  }
  return ends;
}
