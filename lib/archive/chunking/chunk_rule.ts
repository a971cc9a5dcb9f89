/**
 * The rule by which large files are cut into chunks: its fixed numbers, by the size of the file.
 *
 * Where a chunk ends is decided by what stands before the end, so an edit changes the chunks that it is in,
 * and those behind it stay as they are wherever they move to.
 *
 * @module
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * What the rule is called. Other numbers would be another rule, with another name: what was pushed by this
 * one would share few chunks with what is pushed by that.
 */
export const CHUNK_RULE_NAME = "gear-1";

/** Up to this size a file is one chunk, in bytes. */
export const WHOLE_FILE_BYTES: number = 512 * KiB;

/** How one file is cut. */
export interface ChunkRule {
  /** Bytes that every chunk has at least, but for a file's last one. */
  smallest: number;
  /** Bytes that chunks have on average. */
  average: number;
  /** Bytes that no chunk exceeds. */
  largest: number;
  /** Highest bits of the hash that are zero where a chunk may end. */
  bits: number;
}

/**
 * Sizes by the size of the file. The average is twice as large where the file is four times as large, so that the
 * rows of its table and the chunks that an edit changes grow alike. The last is what a batch of packing has room
 * for. Every chunk has all of the average but a fourth or an eighth, and one place in as many bytes is an end.
 */
const SIZES: readonly [upTo: number, average: number, free: number][] = [
  [16 * MiB, 64 * KiB, 16 * KiB],
  [64 * MiB, 128 * KiB, 32 * KiB],
  // An eighth: to look at more of a file this large costs more than the few further chunks that an edit changes.
  [Infinity, 256 * KiB, 32 * KiB],
];

/**
 * How a file is cut.
 *
 * @param size its bytes
 * @returns nothing for a file that is one chunk
 */
export function chunkRuleOf(size: number): ChunkRule | undefined {
  if (size <= WHOLE_FILE_BYTES) return undefined;
  const [, average, free] = SIZES.find(([upTo]) => size <= upTo)!;
  return {
    // What is passed over without a look costs nothing.
    smallest: average - free,
    average,
    largest: 2 * average,
    bits: Math.log2(free),
  };
}
