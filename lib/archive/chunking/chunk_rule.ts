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
 * Averages by the size of the file: twice as much where the file is four times as large, so that the rows of
 * its table and the chunks that an edit changes grow alike. The last is what a batch of packing has room for.
 */
const AVERAGES: readonly [upTo: number, average: number][] = [
  [16 * MiB, 64 * KiB],
  [64 * MiB, 128 * KiB],
  [Infinity, 256 * KiB],
];

/**
 * How a file is cut.
 *
 * @param size its bytes
 * @returns nothing for a file that is one chunk
 */
export function chunkRuleOf(size: number): ChunkRule | undefined {
  if (size <= WHOLE_FILE_BYTES) return undefined;
  const [, average] = AVERAGES.find(([upTo]) => size <= upTo)!;
  // Three quarters of each chunk are passed over without a look, and then one place in a quarter of the
  // average is an end: that makes the average, and the hash costs a quarter of what it would.
  return {
    smallest: 3 * average / 4,
    average,
    largest: 2 * average,
    bits: Math.log2(average / 4),
  };
}
