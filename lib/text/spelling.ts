/**
 * "Did you mean": how far two words are apart, and the nearest of the words that would have been right.
 *
 * @module
 */

/** Letters of a word that is compared with others; a longer one is no mistyped word. */
const MAX_WORD_CHARS = 200;

/**
 * How many letters to change, insert, remove or swap with their neighbour to make one word of another.
 * Only cells so near to the diagonal that they can be below the limit are looked at: steps are the letters
 * times twice the limit.
 *
 * @param a a word
 * @param b a word
 * @param limit what is returned for words that are this far apart or further
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > MAX_WORD_CHARS) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => Math.min(at, limit));
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = new Array(b.length + 1).fill(limit);
    if (i < limit) row[0] = i;
    let least = row[0]!;
    for (let j = Math.max(1, i - limit); j <= Math.min(b.length, i + limit); j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? beforeLast[j - 2]! + 1 : limit;
      row[j] = Math.min(changed, last[j]! + 1, row[j - 1]! + 1, swapped, limit);
      if (row[j]! < least) least = row[j]!;
    }
    if (least >= limit) return limit;
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

/**
 * The word that a mistyped one was probably meant to be.
 *
 * @param word what was typed
 * @param words what it could have been
 * @returns the nearest that differs in a third of its letters at the most, or nothing
 */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    const distance = editDistance(typed, candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
