/**
 * "Did you mean" for a path that does not exist.
 *
 * @module
 */

import { MAX_COMPARED_PATHS } from "../../limits.ts";
import { editDistance } from "../../text/spelling.ts";

/**
 * Finds the path most like one that does not exist: the same name elsewhere, or a few letters off.
 *
 * @param wanted what was asked for
 * @param paths what there is
 */
export function nearestPath(wanted: string, paths: Iterable<string>): string | undefined {
  const name = baseOf(wanted);
  let best: string | undefined;
  let bestCost = Math.min(3, Math.ceil(name.length / 3)) + 1;
  let compared = 0;
  const lower = wanted.toLowerCase();
  for (const path of paths) {
    if (++compared > MAX_COMPARED_PATHS) break;
    if (path.length === wanted.length && path.toLowerCase() === lower) return path;
    const sameName = baseOf(path) === name;
    const cost = sameName ? 1 : 1 + editDistance(wanted, path, bestCost);
    if (cost < bestCost) [best, bestCost] = [path, cost];
  }
  return best;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
