/**
 * Tags in the order of versions: names that are no versions first, then versions from low to high, so that the
 * newest stand at the end of a list.
 *
 * A version is `1.10`, `v2.0.0-rc.1`, `3.18-alpine`, `2024-01-15`: numbers with dots, which may begin with a `v`,
 * and what a `-` or a `_` puts behind them. Numbers are compared as numbers, of any length; a missing one is 0. As
 * semantic versioning has it (semver.org, 11), what a `-` puts behind them makes a version older than the one
 * without it, and is compared part by part: numbers before words. Unlike there, numbers within a word count as
 * numbers too, so that `rc2` comes before `rc10`, and what `_` puts behind (`+` in charts, which no tag has) counts
 * last. Other names are compared as words with numbers in them: `release-1.9` before `release-1.10`.
 *
 * What is still the same is in the order of its characters: the order is total, and one list has one order.
 *
 * @module
 */

/** A tag that reads as a version. */
interface Version {
  numbers: string[];
  /** What makes it older than the same version without. */
  before: string[] | undefined;
  /** What says nothing about its age. */
  build: string;
}

/**
 * Compares two tags.
 *
 * @returns below zero when the first stands before the second
 */
export function compareTags(a: string, b: string): number {
  const [one, two] = [versionOf(a), versionOf(b)];
  const compared = one !== undefined && two !== undefined
    ? compareVersions(one, two)
    : one === undefined && two === undefined
    ? compareWords(a, b)
    : one === undefined
    ? -1
    : 1;
  return compared || compareText(a, b);
}

/** Tags in the order of versions, in a new list. */
export function sortTags(tags: Iterable<string>): string[] {
  return [...tags].sort(compareTags);
}

function versionOf(tag: string): Version | undefined {
  const match = /^[vV]?(\d+(?:\.\d+)*)(?:-([^_]*))?(?:_(.*))?$/.exec(tag);
  if (match === null) return undefined;
  const [, numbers = "", before, build = ""] = match;
  return { numbers: numbers.split("."), before: before?.split("."), build };
}

function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i++) {
    const compared = compareNumbers(a.numbers[i] ?? "0", b.numbers[i] ?? "0");
    if (compared !== 0) return compared;
  }
  return compareBefore(a.before, b.before) || compareWords(a.build, b.build) ||
    a.numbers.length - b.numbers.length;
}

function compareBefore(a: string[] | undefined, b: string[] | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [one, two] = [a[i]!, b[i]!];
    const [isNumber, isOther] = [/^\d+$/.test(one), /^\d+$/.test(two)];
    const compared = isNumber && isOther
      ? compareNumbers(one, two)
      : isNumber || isOther
      ? Number(isOther) - Number(isNumber)
      : compareWords(one, two);
    if (compared !== 0) return compared;
  }
  return a.length - b.length;
}

/** Text with numbers in it, piece by piece: what is no number as text, numbers as numbers. */
function compareWords(a: string, b: string): number {
  const [one, two] = [piecesOf(a), piecesOf(b)];
  for (let i = 0; i < Math.min(one.length, two.length); i++) {
    // Every second piece is a number.
    const compared = (i % 2 === 1 ? compareNumbers : compareText)(one[i]!, two[i]!);
    if (compared !== 0) return compared;
  }
  return one.length - two.length;
}

function piecesOf(text: string): string[] {
  return text.split(/(\d+)/);
}

/** Whole numbers of any length. */
function compareNumbers(a: string, b: string): number {
  const [one, two] = [a.replace(/^0+(?=\d)/, ""), b.replace(/^0+(?=\d)/, "")];
  return one.length - two.length || compareText(one, two);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
