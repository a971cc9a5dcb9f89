/**
 * Arrays of numbers that grow.
 *
 * @module
 */

/** An array of numbers of one kind. */
type Column = Float64Array | Int32Array | Uint16Array | Uint8Array;

/**
 * Moves a column to a larger one.
 *
 * @param from what it was; given up
 * @param to the larger one
 */
export function grown<T extends Column>(from: T, to: T): T {
  to.set(from);
  (from.buffer as ArrayBuffer).transfer(0); // the collector would come for it too late
  return to;
}
