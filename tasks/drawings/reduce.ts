/**
 * Leaves out arrows that follow from others, as a picture with all of them shows nothing.
 *
 * @module
 */

/** From what to what. */
export type Arrow = [from: string, to: string];

/**
 * The arrows that do not follow from the others, in the order in which they came. Without circles there is one
 * such set, so the same graph is always drawn alike.
 *
 * @throws {Error} where arrows run in a circle
 */
export function reduceArrows(arrows: Arrow[]): Arrow[] {
  const targets = new Map<string, string[]>();
  for (const [from, to] of arrows) targets.set(from, [...targets.get(from) ?? [], to]);

  const reached = new Map<string, Set<string>>();
  /** What can be reached from a node by one arrow or more. */
  function reachedFrom(node: string, way: string[]): Set<string> {
    if (way.includes(node)) throw new Error(`${[...way, node].join(" -> ")} is a circle`);
    const known = reached.get(node);
    if (known !== undefined) return known;
    const all = new Set<string>();
    for (const next of targets.get(node) ?? []) {
      all.add(next);
      for (const far of reachedFrom(next, [...way, node])) all.add(far);
    }
    reached.set(node, all);
    return all;
  }

  for (const node of targets.keys()) reachedFrom(node, []);
  return arrows.filter(([from, to]) =>
    !targets.get(from)!.some((next) => next !== to && reached.get(next)?.has(to))
  );
}
