/**
 * The stores that are the library's own: what they answer needs no door.
 *
 * @module
 */

const OWN = new WeakSet<object>();

/**
 * Notes that a store is the library's own. Its constructor does, unless another's class extends it.
 *
 * @param store it
 */
export function noteOwn(store: object): void {
  OWN.add(store);
}

/** Whether a store is the library's own, or stands behind the door already. */
export function isOwn(store: object): boolean {
  return OWN.has(store);
}
