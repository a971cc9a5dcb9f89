/**
 * The lengths and distances of deflate (RFC 1951, 3.2.5), by which they are coded.
 *
 * @module
 */

/** The longest match. */
export const MAX_LENGTH = 258;
/** How far back a match may be. */
export const WINDOW = 32 * 1024;

/** The least length of each slot; the slot's code is 257 higher. */
export const LENGTH_BASE: Uint16Array = new Uint16Array(29);
/** Bits behind the code of a length. */
export const LENGTH_BITS: Uint8Array = new Uint8Array(29);
/** The least distance of each slot, which is its code. */
export const DISTANCE_BASE: Uint16Array = new Uint16Array(30);
/** Bits behind the code of a distance. */
export const DISTANCE_BITS: Uint8Array = new Uint8Array(30);

/** The slot of a length. */
export const LENGTH_SLOT: Uint8Array = new Uint8Array(MAX_LENGTH + 1);
const DISTANCE_SLOT = new Uint8Array(512);

/** The slot of a distance. */
export function distanceSlot(distance: number): number {
  return distance <= 256
    ? DISTANCE_SLOT[distance - 1]!
    : DISTANCE_SLOT[256 + ((distance - 1) >> 7)]!;
}

let base = 3;
for (let slot = 0; slot < 28; slot++) {
  const bits = slot < 8 ? 0 : (slot >> 2) - 1;
  LENGTH_BASE[slot] = base;
  LENGTH_BITS[slot] = bits;
  LENGTH_SLOT.fill(slot, base, base + (1 << bits));
  base += 1 << bits;
}
// The longest has a code of its own, without bits behind it.
LENGTH_BASE[28] = MAX_LENGTH;
LENGTH_SLOT[MAX_LENGTH] = 28;

base = 1;
for (let slot = 0; slot < 30; slot++) {
  const bits = slot < 4 ? 0 : (slot >> 1) - 1;
  DISTANCE_BASE[slot] = base;
  DISTANCE_BITS[slot] = bits;
  const [from, to] = [base - 1, base - 1 + (1 << bits)];
  if (to <= 256) DISTANCE_SLOT.fill(slot, from, to);
  else DISTANCE_SLOT.fill(slot, 256 + (from >> 7), 256 + (to >> 7));
  base += 1 << bits;
}
