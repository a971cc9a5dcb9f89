/**
 * The order of an archive, and which names a file system may take for one.
 *
 * @module
 */

const ASCII = /^[\0-\x7f]*$/;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Compares two names by the bytes of their UTF-8, which no locale changes. JavaScript's own order differs
 * from it in one point: it puts U+10000 and above before U+E000 to U+FFFF.
 *
 * @returns negative, zero or positive, as `sort` wants it
 */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) {
    const [left, right] = [[...a], [...b]];
    const shared = Math.min(left.length, right.length);
    for (let i = 0; i < shared; i++) {
      const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
      if (difference !== 0) return difference;
    }
    return left.length - right.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What a file system that folds case and Unicode forms takes a name for: `README` and `Readme`, `ß` and
 * `ss`, composed and decomposed accents come out the same.
 *
 * @param name a name or path
 */
export function foldName(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  // Upper case first: it is what turns "ß" and the ligatures into their letters.
  return name.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}
