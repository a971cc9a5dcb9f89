/**
 * Paths without their first components, as `tar --strip-components` has them.
 *
 * @module
 */

/**
 * Takes components off the beginning of a path.
 *
 * @param path in normal form
 * @param count how many
 * @returns the rest; `undefined` where there is none
 */
export function stripPath(path: string, count: number): string | undefined {
  let from = 0;
  for (let i = 0; i < count; i++) {
    const slash = path.indexOf("/", from);
    if (slash < 0) return undefined;
    from = slash + 1;
  }
  return from === 0 ? path : path.slice(from);
}
