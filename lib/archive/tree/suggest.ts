/**
 * The name that somebody may have meant.
 *
 * @module
 */

/** Names compared with a mistyped one; more would make an error slow. */
const MAX_COMPARED = 20_000;
/** Characters of a name that are compared. */
const MAX_COMPARED_CHARS = 200;

/**
 * Finds the path most like one that does not exist: the same name elsewhere, or a few letters off.
 *
 * @param wanted what was asked for
 * @param paths what there is
 */
export function suggest(wanted: string, paths: Iterable<string>): string | undefined {
  const name = baseOf(wanted);
  let best: string | undefined;
  let bestCost = Math.min(3, Math.ceil(name.length / 3)) + 1;
  let compared = 0;
  const lower = wanted.toLowerCase();
  for (const path of paths) {
    if (++compared > MAX_COMPARED) break;
    if (path.length === wanted.length && path.toLowerCase() === lower) return path;
    const sameName = baseOf(path) === name;
    const cost = sameName ? 1 : 1 + distance(wanted, path, bestCost);
    if (cost < bestCost) [best, bestCost] = [path, cost];
  }
  return best;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Letters to change, add or take away; `limit` when it is that many or more. Only cells so near to the
 * diagonal that they can be below the limit are looked at: steps are the letters times twice the limit.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > MAX_COMPARED_CHARS) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => Math.min(i, limit));
  for (let i = 1; i <= a.length; i++) {
    const next: number[] = new Array(b.length + 1).fill(limit);
    if (i < limit) next[0] = i;
    let least = next[0]!;
    for (let j = Math.max(1, i - limit); j <= Math.min(b.length, i + limit); j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cost = Math.min(change, row[j]! + 1, next[j - 1]! + 1, limit);
      next[j] = cost;
      if (cost < least) least = cost;
    }
    if (least >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
