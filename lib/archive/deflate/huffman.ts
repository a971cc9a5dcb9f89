/**
 * Huffman codes for deflate (RFC 1951, 3.2.2 and 3.2.7), made with whole numbers alone, so that one count of
 * symbols has one code everywhere.
 *
 * @module
 */

/** A code: for each symbol its bits, the first of them lowest, and how many they are. */
export interface HuffmanCode {
  readonly codes: Uint16Array;
  /** 0 for a symbol that does not occur. */
  readonly lengths: Uint8Array;
}

/** Makes room for the code of an alphabet. */
export function emptyCode(symbols: number): HuffmanCode {
  return { codes: new Uint16Array(symbols), lengths: new Uint8Array(symbols) };
}

/** Longest code of deflate. */
const MAX_BITS = 15;
/** Symbols of the largest alphabet; and the bits of a key that hold one. */
const MAX_SYMBOLS = 288;
const SYMBOL_BITS = 9;
const SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;

/** The most that a symbol may be counted: counts share 31 bits with their symbol. */
export const MAX_COUNT: number = 2 ** (31 - SYMBOL_BITS) - 1;

/** Room that is used again. */
const keys = new Int32Array(MAX_SYMBOLS);
const nodes = new Int32Array(MAX_SYMBOLS);
const perLength = new Int32Array(MAX_BITS + 2);
const nextCode = new Int32Array(MAX_BITS + 2);

/**
 * Makes the code of the least bits for the counts, with no code longer than a limit.
 *
 * @param counts how often each symbol occurs, {@linkcode MAX_COUNT} at the most
 * @param limit bits of the longest code
 * @param into where the code goes
 */
export function makeCode(counts: Int32Array, limit: number, into: HuffmanCode): void {
  const { lengths } = into;
  const symbols = lengths.length;
  lengths.fill(0);
  let used = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    if (counts[symbol]! > 0) keys[used++] = counts[symbol]! << SYMBOL_BITS | symbol;
  }
  if (used < 2) {
    // Two codes of one bit: some readers refuse a code that is not complete.
    const only = used === 0 ? 0 : keys[0]! & SYMBOL_MASK;
    lengths[only] = 1;
    lengths[only === 0 ? 1 : 0] = 1;
    perLength.fill(0);
    perLength[1] = 2;
  } else {
    const sorted = keys.subarray(0, used).sort();
    countLengths(sorted, limit);
    // The rarest symbols have the longest codes.
    let at = 0;
    for (let bits = limit; bits > 0; bits--) {
      for (let left = perLength[bits]!; left > 0; left--) {
        lengths[sorted[at++]! & SYMBOL_MASK] = bits;
      }
    }
  }
  numberCodes(into);
}

/** How many codes of each length there are, into `perLength`. @param sorted the rarest first */
function countLengths(sorted: Int32Array, limit: number): void {
  const count = sorted.length;
  for (let i = 0; i < count; i++) nodes[i] = sorted[i]! >>> SYMBOL_BITS;
  joinNodes(count);
  perLength.fill(0);
  // Each node has its depth by way of its parent, from the root down.
  nodes[count - 2] = 0;
  for (let i = count - 3; i >= 0; i--) nodes[i] = nodes[nodes[i]!]! + 1;
  let open = 1;
  let inner = count - 2;
  let leaves = count;
  for (let depth = 0; leaves > 0; depth++) {
    let innerHere = 0;
    while (inner >= 0 && nodes[inner] === depth) {
      innerHere++;
      inner--;
    }
    const here = open - innerHere;
    perLength[Math.min(depth, limit)]! += here;
    leaves -= here;
    open = 2 * innerHere;
  }
  // What was too deep takes too much of the code. A leaf higher up makes room for one of the deepest beside it.
  let taken = 0;
  for (let bits = 1; bits <= limit; bits++) taken += perLength[bits]! << (limit - bits);
  for (; taken > 1 << limit; taken--) {
    let bits = limit - 1;
    while (perLength[bits] === 0) bits--;
    perLength[limit]!--;
    perLength[bits]!--;
    perLength[bits + 1]! += 2;
  }
}

/**
 * Joins the two lightest nodes until one is left, in place: `nodes` begins with the weights of the leaves,
 * ascending, and ends with the parent of each inner node (Moffat and Katajainen, "In-Place Calculation of
 * Minimum-Redundancy Codes", 1995).
 */
function joinNodes(count: number): void {
  let leaf = 0;
  let inner = 0;
  for (let next = 0; next < count - 1; next++) {
    let weight = 0;
    for (let half = 0; half < 2; half++) {
      if (leaf < count && (inner >= next || nodes[leaf]! <= nodes[inner]!)) {
        weight += nodes[leaf++]!;
      } else {
        weight += nodes[inner]!;
        nodes[inner++] = next;
      }
    }
    nodes[next] = weight;
  }
}

/** Numbers the codes of each length in the order of their symbols, as readers do. */
function numberCodes({ codes, lengths }: HuffmanCode): void {
  let code = 0;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    code = (code + perLength[bits - 1]!) << 1;
    nextCode[bits] = code;
  }
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const bits = lengths[symbol]!;
    if (bits > 0) codes[symbol] = reversed(nextCode[bits]!++, bits);
  }
}

function reversed(code: number, bits: number): number {
  let turned = 0;
  for (let i = 0; i < bits; i++) turned = turned << 1 | code >> i & 1;
  return turned;
}

/** The code that deflate has for blocks without one (RFC 1951, 3.2.6). */
export function fixedCodes(): { literals: HuffmanCode; distances: HuffmanCode } {
  const literals = emptyCode(MAX_SYMBOLS);
  literals.lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
  const distances = emptyCode(32);
  distances.lengths.fill(5);
  for (const code of [literals, distances]) {
    perLength.fill(0);
    for (const bits of code.lengths) perLength[bits]!++;
    numberCodes(code);
  }
  return { literals, distances };
}
