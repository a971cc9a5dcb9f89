/**
 * Writes one block of deflate (RFC 1951, 3.2): of the three ways there are, the one that takes the fewest bits.
 *
 * @module
 */

import type { BitWriter } from "./bit_writer.ts";
import {
  DISTANCE_BASE,
  DISTANCE_BITS,
  distanceSlot,
  LENGTH_BASE,
  LENGTH_BITS,
  LENGTH_SLOT,
} from "./deflate_tables.ts";
import { emptyCode, fixedCodes, type HuffmanCode, makeCode } from "./huffman.ts";

/** Symbols for literals, the end of a block, and lengths; and for distances. */
const LITERALS = 286;
const DISTANCES = 30;
const END_OF_BLOCK = 256;
/** Limits of codes below deflate's own 15, for the sake of speed: two literals, or a length, fit between two writes. */
const LITERAL_LIMIT = 12;
const DISTANCE_LIMIT = 11;
/** Bytes of a stored block. */
const MAX_STORED = 0xffff;
/** The order in which the lengths of the code for lengths are written (3.2.7). */
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Bits behind the symbols 16, 17 and 18, which repeat a length. */
const REPEAT_BITS = [2, 3, 7];

/** What a block is made of: runs of literals, each with a match behind it. */
export class Block {
  readonly #literalCounts = new Int32Array(LITERALS);
  readonly #distanceCounts = new Int32Array(DISTANCES);
  /** How many literals come before each match. */
  readonly #runs: Int32Array;
  /** Length and distance of each match; 0 behind the last literals. */
  readonly #matches: Int32Array;
  readonly #literals = emptyCode(LITERALS);
  readonly #distances = emptyCode(DISTANCES);
  readonly #lengthCounts = new Int32Array(19);
  readonly #lengths = emptyCode(19);
  /** Symbols of the header's code lengths, with what is behind each above its five bits. */
  readonly #header = new Int32Array(LITERALS + DISTANCES);
  readonly #all = new Uint8Array(LITERALS + DISTANCES);
  readonly #room: number;
  #fixed: ReturnType<typeof fixedCodes> | undefined;
  /** How many matches there are. */
  #size = 0;

  /** @param room matches after which a block is full */
  constructor(room: number) {
    this.#room = room;
    this.#runs = new Int32Array(room + 1);
    this.#matches = new Int32Array(room + 1);
  }

  /** Whether no further match fits. */
  get isFull(): boolean {
    return this.#size === this.#room;
  }

  /** Begins anew. */
  clear(): void {
    this.#size = 0;
    this.#literalCounts.fill(0);
    this.#distanceCounts.fill(0);
  }

  /** Adds literals. */
  literals(plain: Uint8Array, from: number, to: number): void {
    const counts = this.#literalCounts;
    for (let i = from; i < to; i++) counts[plain[i]!]!++;
    this.#runs[this.#size] = to - from;
    this.#matches[this.#size] = 0;
  }

  /** Adds a match behind the literals that were added last. */
  match(length: number, distance: number): void {
    this.#literalCounts[END_OF_BLOCK + 1 + LENGTH_SLOT[length]!]!++;
    this.#distanceCounts[distanceSlot(distance)]!++;
    this.#matches[this.#size++] = length << 16 | distance;
  }

  /**
   * Writes the block.
   *
   * @param plain holds what the block is of
   * @param from where that begins
   * @param to where it ends
   * @param writer takes the bits
   * @param isLast whether no other block follows
   */
  write(
    plain: Uint8Array,
    { from, to, isLast }: { from: number; to: number; isLast: boolean },
    writer: BitWriter,
  ): void {
    this.#literalCounts[END_OF_BLOCK] = 1;
    makeCode(this.#literalCounts, LITERAL_LIMIT, this.#literals);
    makeCode(this.#distanceCounts, DISTANCE_LIMIT, this.#distances);
    const header = this.#makeHeader();
    this.#fixed ??= fixedCodes();
    const dynamic = header.bits + this.#bitsOf(this.#literals, this.#distances);
    const fixed = this.#bitsOf(this.#fixed.literals, this.#fixed.distances);
    const pieces = Math.max(1, Math.ceil((to - from) / MAX_STORED));
    const stored = 8 * (to - from) + 40 * pieces;
    const last = isLast ? 1 : 0;
    if (stored <= dynamic && stored <= fixed) {
      writeStored(plain.subarray(from, to), isLast, writer);
    } else if (fixed <= dynamic) {
      writer.put(last | 1 << 1, 3);
      this.#writeSymbols(plain, from, this.#fixed, writer);
    } else {
      writer.put(last | 2 << 1, 3);
      this.#writeHeader(header, writer);
      this.#writeSymbols(plain, from, {
        literals: this.#literals,
        distances: this.#distances,
      }, writer);
    }
  }

  /** Bits of all symbols in a code. */
  #bitsOf({ lengths: literals }: HuffmanCode, { lengths: distances }: HuffmanCode): number {
    let bits = 0;
    for (let i = 0; i < LITERALS; i++) bits += this.#literalCounts[i]! * literals[i]!;
    for (let i = 0; i < LENGTH_BITS.length; i++) {
      bits += this.#literalCounts[END_OF_BLOCK + 1 + i]! * LENGTH_BITS[i]!;
    }
    for (let i = 0; i < DISTANCES; i++) {
      bits += this.#distanceCounts[i]! * (distances[i]! + DISTANCE_BITS[i]!);
    }
    return bits;
  }

  /** The lengths of both codes, with repetitions (3.2.7). */
  #makeHeader(): Header {
    const counts = this.#lengthCounts.fill(0);
    const literals = usedOf(this.#literals, END_OF_BLOCK + 1);
    const distances = usedOf(this.#distances, 1);
    const all = this.#all;
    all.set(this.#literals.lengths.subarray(0, literals));
    all.set(this.#distances.lengths.subarray(0, distances), literals);
    const total = literals + distances;
    let size = 0;
    const add = (symbol: number, behind: number) => {
      this.#header[size++] = symbol | behind << 5;
      counts[symbol]!++;
    };
    for (let i = 0; i < total;) {
      const length = all[i]!;
      let run = 1;
      while (i + run < total && all[i + run] === length) run++;
      i += run;
      if (length > 0) {
        add(length, 0);
        for (run--; run >= 3;) {
          const part = Math.min(run, 6);
          add(16, part - 3);
          run -= part;
        }
      } else {
        while (run >= 11) {
          const part = Math.min(run, 138);
          add(18, part - 11);
          run -= part;
        }
        if (run >= 3) {
          add(17, run - 3);
          run = 0;
        }
      }
      for (; run > 0; run--) add(length, 0);
    }
    makeCode(counts, 7, this.#lengths);
    let orders = LENGTHS_ORDER.length;
    while (orders > 4 && this.#lengths.lengths[LENGTHS_ORDER[orders - 1]!] === 0) orders--;
    let bits = 14 + 3 * orders;
    for (let symbol = 0; symbol < counts.length; symbol++) {
      const behind = symbol < 16 ? 0 : REPEAT_BITS[symbol - 16]!;
      bits += counts[symbol]! * (this.#lengths.lengths[symbol]! + behind);
    }
    return { literals, distances, orders, size, bits };
  }

  #writeHeader({ literals, distances, orders, size }: Header, writer: BitWriter): void {
    const { codes, lengths } = this.#lengths;
    writer.put(literals - (END_OF_BLOCK + 1), 5);
    writer.put(distances - 1, 5);
    writer.put(orders - 4, 4);
    for (let i = 0; i < orders; i++) writer.put(lengths[LENGTHS_ORDER[i]!]!, 3);
    for (let i = 0; i < size; i++) {
      const symbol = this.#header[i]! & 31;
      writer.put(codes[symbol]!, lengths[symbol]!);
      if (symbol >= 16) writer.put(this.#header[i]! >> 5, REPEAT_BITS[symbol - 16]!);
    }
  }

  #writeSymbols(
    plain: Uint8Array,
    from: number,
    { literals, distances }: { literals: HuffmanCode; distances: HuffmanCode },
    writer: BitWriter,
  ): void {
    const { codes, lengths } = literals;
    const { codes: distanceCodes, lengths: distanceLengths } = distances;
    const [runs, matches, view] = [this.#runs, this.#matches, writer.view];
    let { at, bits, count } = writer;
    let next = from;
    for (let i = 0; i <= this.#size; i++) {
      let run = runs[i]!;
      for (; run > 1; run -= 2) {
        const a = plain[next++]!;
        const b = plain[next++]!;
        bits |= codes[a]! << count;
        count += lengths[a]!;
        bits |= codes[b]! << count;
        count += lengths[b]!;
        view.setUint32(at, bits, true);
        at += count >> 3;
        bits >>>= count & 24;
        count &= 7;
      }
      if (run > 0) {
        const a = plain[next++]!;
        bits |= codes[a]! << count;
        count += lengths[a]!;
        view.setUint32(at, bits, true);
        at += count >> 3;
        bits >>>= count & 24;
        count &= 7;
      }
      const match = matches[i]!;
      if (match === 0) break;
      const length = match >> 16;
      const slot = LENGTH_SLOT[length]!;
      bits |= codes[END_OF_BLOCK + 1 + slot]! << count;
      count += lengths[END_OF_BLOCK + 1 + slot]!;
      bits |= (length - LENGTH_BASE[slot]!) << count;
      count += LENGTH_BITS[slot]!;
      view.setUint32(at, bits, true);
      at += count >> 3;
      bits >>>= count & 24;
      count &= 7;
      const distance = match & 0xffff;
      const far = distanceSlot(distance);
      bits |= distanceCodes[far]! << count;
      count += distanceLengths[far]!;
      bits |= (distance - DISTANCE_BASE[far]!) << count;
      count += DISTANCE_BITS[far]!;
      view.setUint32(at, bits, true);
      at += count >> 3;
      bits >>>= count & 24;
      count &= 7;
      next += length;
    }
    writer.at = at;
    writer.bits = bits;
    writer.count = count;
    writer.put(codes[END_OF_BLOCK]!, lengths[END_OF_BLOCK]!);
  }
}

/** What stands before the symbols of a block with codes of its own. */
interface Header {
  /** How many lengths of each code are written. */
  literals: number;
  distances: number;
  orders: number;
  /** Symbols of the lengths. */
  size: number;
  bits: number;
}

function usedOf({ lengths }: HuffmanCode, least: number): number {
  let used = lengths.length;
  while (used > least && lengths[used - 1] === 0) used--;
  return used;
}

function writeStored(plain: Uint8Array, isLast: boolean, writer: BitWriter): void {
  for (let at = 0; at === 0 || at < plain.length; at += MAX_STORED) {
    const piece = plain.subarray(at, at + MAX_STORED);
    writer.put(isLast && at + piece.length === plain.length ? 1 : 0, 3);
    writer.align();
    const { view, bytes } = writer;
    view.setUint16(writer.at, piece.length, true);
    view.setUint16(writer.at + 2, ~piece.length & 0xffff, true);
    bytes.set(piece, writer.at + 4);
    writer.at += 4 + piece.length;
  }
}
