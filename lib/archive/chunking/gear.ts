/**
 * The hash that rolls over content and finds where it may be cut: 256 numbers, one for each octet.
 *
 * With each octet the hash moves up by one bit and the octet's number is added, modulo 2^32. So it depends on
 * the last 32 octets alone: what stands further back has moved out of it.
 *
 * @module
 */

import { hash } from "node:crypto";

/** Octets that the hash depends on. */
export const GEAR_WINDOW = 32;

let numbers: Int32Array | undefined;

/**
 * The numbers: of each octet the first 32 bits of SHA-256 of this one octet, the highest first. They are
 * made when they are first asked for, which takes less than a millisecond.
 */
export function gear(): Int32Array {
  if (numbers !== undefined) return numbers;
  numbers = new Int32Array(256);
  for (let octet = 0; octet < 256; octet++) {
    numbers[octet] = parseInt(hash("sha256", Uint8Array.of(octet), "hex").slice(0, 8), 16);
  }
  return numbers;
}
