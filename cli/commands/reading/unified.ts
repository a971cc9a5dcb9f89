/**
 * The lines that differ between two texts, as hunks of a unified diff.
 *
 * Texts are bytes, one character for each: whatever their encoding is, `patch` gets them as they are.
 *
 * @module
 */

import { diffArrays } from "diff";

/** Lines around those that differ, as Git and GNU diff show. */
const CONTEXT = 3;
/**
 * Lines that may come and go before the search for the shortest way ends: it takes as long as their square, here
 * two seconds. Texts that differ in more are shown as one taken away and one put in its place.
 */
const MAX_EDITS = 4000;

/** A line of a hunk: what stands before it, and the line with its line feed, where it has one. */
type Edit = readonly [" " | "-" | "+", string];

/**
 * The hunks between two texts, without the names of the files.
 *
 * @param old the bytes before, one character for each
 * @param now those after
 * @returns lines, each with its line feed
 */
export function hunksOf(old: string, now: string): string[] {
  const edits = editsOf(linesOf(old), linesOf(now));
  const shown: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (let at = 0; at < edits.length;) {
    let next = at;
    while (next < edits.length && edits[next]![0] === " ") next++;
    if (next === edits.length) break;
    const first = Math.max(at, next - CONTEXT);
    oldLine += first - at;
    newLine += first - at;
    let end = next;
    for (let same = 0, i = next; i < edits.length && same <= 2 * CONTEXT; i++) {
      if (edits[i]![0] === " ") same++;
      else [same, end] = [0, i + 1];
    }
    end = Math.min(edits.length, end + CONTEXT);
    const hunk = edits.slice(first, end);
    const olds = hunk.filter(([kind]) => kind !== "+").length;
    const news = hunk.filter(([kind]) => kind !== "-").length;
    shown.push(`@@ -${rangeText(oldLine, olds)} +${rangeText(newLine, news)} @@\n`);
    for (const [kind, line] of hunk) {
      shown.push(kind + (line.endsWith("\n") ? line : `${line}\n`));
      if (!line.endsWith("\n")) shown.push("\\ No newline at end of file\n");
    }
    oldLine += olds;
    newLine += news;
    at = end;
  }
  return shown;
}

/** An empty range begins at the line before it. */
function rangeText(line: number, count: number): string {
  if (count === 0) return `${line - 1},0`;
  return count === 1 ? `${line}` : `${line},${count}`;
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function editsOf(old: string[], now: string[]): Edit[] {
  const least = Math.min(old.length, now.length);
  let head = 0;
  while (head < least && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < least - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const [before, after] = [old, now].map((one) => one.slice(head, one.length - tail)) as [
    string[],
    string[],
  ];
  const found = diffArrays(before, after, { maxEditLength: MAX_EDITS });
  const between: Edit[] = found === undefined
    ? [...before.map((line): Edit => ["-", line]), ...after.map((line): Edit => ["+", line])]
    : found.flatMap(({ value, added, removed }) =>
      value.map((line): Edit => [added ? "+" : removed ? "-" : " ", line])
    );
  const same = (line: string): Edit => [" ", line];
  return [...old.slice(0, head).map(same), ...between, ...old.slice(old.length - tail).map(same)];
}
