/**
 * How many layers of a base stay below what a push changes. As log-structured stores do, the new layer takes the
 * place of layers on top that are smaller than twice its size, and one whole layer takes the place of all when they
 * would have more than 1.3 of its size: so there are few layers for ever, and little of them is stale.
 *
 * It is decided before anything is packed, so that the result depends on the tree, the options and the base alone.
 * What is to be packed has the size that it would have if it were packed as well as the base's layers are: so many
 * bytes for each entry ({@linkcode ENTRY_BYTES}), and of its content the same share as in the base.
 *
 * @module
 */

/** Packed bytes that an entry takes beside its content: its header, and its row in the table. */
export const ENTRY_BYTES = 80;
/** A layer on top that is smaller than so many times the new one is absorbed. */
const ABSORBED_BELOW = 2;
/** The most that all layers may have together, as a share of one whole layer. */
const MOST_STORED = 1.3;

/** How much something holds. */
export interface Amount {
  /** Entries, and what takes entries away. */
  entries: number;
  /** Bytes of files. */
  bytes: number;
}

/** What is known before it is decided. */
export interface DepthQuestion {
  /** Bytes of the base's layers, from the ground up. */
  sizes: readonly number[];
  /** What is in them, all together. */
  base: Amount;
  /** What is in the tree. */
  tree: Amount;
  /** What differs from so many layers; nothing where layers cannot say it. */
  changedFrom: (layers: number) => Promise<Amount | undefined>;
}

/**
 * Decides how many layers stay.
 *
 * @returns how many, and nothing where one whole layer is to be made
 */
export async function depthOf(question: DepthQuestion): Promise<number | undefined> {
  const { sizes, base, tree, changedFrom } = question;
  const content = sum(sizes) - ENTRY_BYTES * base.entries;
  const share = base.bytes === 0 ? 1 : Math.max(0, content) / base.bytes;
  const packed = (amount: Amount | undefined) =>
    amount === undefined ? Infinity : ENTRY_BYTES * amount.entries + share * amount.bytes;
  let kept = sizes.length;
  let made = packed(await changedFrom(kept));
  if (made === 0) return kept;
  while (kept > 1 && sizes[kept - 1]! < ABSORBED_BELOW * made) {
    kept--;
    made = packed(await changedFrom(kept));
  }
  return sum(sizes.slice(0, kept)) + made > MOST_STORED * packed(tree) && made > 0
    ? undefined
    : kept;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
