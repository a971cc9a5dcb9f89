/**
 * Sorts long lists without keeping the thread.
 *
 * @module
 */

import { type Pace, STEPS_A_TURN } from "./pace.ts";

/** Elements that are sorted in one go: some 20 ms of comparisons of long strings that differ late. */
const RUN = 32 * 1024;

/**
 * Sorts as `Array.prototype.sort`: runs first, which are merged. Comparisons are n log n, each as long as
 * what two elements have in common.
 *
 * @param list what to sort; given up
 * @param pace of the caller
 * @param compare two elements; the default of `sort` for strings
 */
export async function sorted<T>(
  list: T[],
  pace: Pace,
  compare?: (a: T, b: T) => number,
): Promise<T[]> {
  if (list.length <= RUN) {
    if (pace.due(list.length)) await pace.breathe();
    return list.sort(compare);
  }
  let runs: T[][] = [];
  for (let at = 0; at < list.length; at += RUN) {
    if (pace.due(RUN)) await pace.breathe();
    runs.push(list.slice(at, at + RUN).sort(compare));
  }
  const isAfter = compare === undefined ? (a: T, b: T) => a > b : (a: T, b: T) => compare(a, b) > 0;
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i]!, runs[i + 1]];
      merged.push(b === undefined ? a : await merge(a, b, isAfter, pace));
    }
    runs = merged;
  }
  return runs[0]!;
}

async function merge<T>(
  a: T[],
  b: T[],
  isAfter: (a: T, b: T) => boolean,
  pace: Pace,
): Promise<T[]> {
  // Runs of what was nearly in order often follow one another.
  if (!isAfter(a.at(-1)!, b[0]!)) return a.concat(b);
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    merged.push(isAfter(a[i]!, b[j]!) ? b[j++]! : a[i++]!);
    if (merged.length % STEPS_A_TURN === 0 && pace.due(STEPS_A_TURN)) await pace.breathe();
  }
  for (; i < a.length; i++) merged.push(a[i]!);
  for (; j < b.length; j++) merged.push(b[j]!);
  return merged;
}
