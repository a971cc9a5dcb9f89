/**
 * What kind of bytes a member holds, told by a few thousand of them: how much work it is worth depends on
 * it. The same bytes are always the same kind, so the digest of a layer hangs on nothing else.
 *
 * @module
 */

/** `random` is what was compressed already, or encrypted; `binary` is machine code and the like. */
export type Kind = "text" | "binary" | "random";

/** Bytes to look at. */
const SAMPLES = 4096;
/** Part of them that is neither text in any encoding nor zero, from which they are no text. */
const BINARY_PART = 0.02;
/**
 * Bits of entropy a byte from which no more than a percent could be gained. This many samples of true noise
 * have 7.95.
 */
const RANDOM_BITS = 7.9;

const counts = new Uint32Array(256);

/** The kind of some bytes. */
export function kindOf(bytes: Uint8Array): Kind {
  counts.fill(0);
  // Odd: fields of records are mostly 2, 4 or 8 bytes, and each byte of them is to be seen.
  const step = Math.floor(bytes.length / SAMPLES) | 1;
  let samples = 0;
  for (let i = 0; i < bytes.length; i += step) {
    counts[bytes[i]!]!++;
    samples++;
  }
  let controls = 0;
  for (let byte = 1; byte < 0x20; byte++) {
    if (byte < 0x09 || byte > 0x0d) controls += counts[byte]!;
  }
  if (controls <= samples * BINARY_PART) return "text";
  return entropyOf(samples) >= RANDOM_BITS ? "random" : "binary";
}

/** Bits a byte, of what was counted. */
function entropyOf(samples: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / samples);
  return bits / samples;
}
