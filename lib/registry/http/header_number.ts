/**
 * Numbers in the headers of an answer.
 *
 * @module
 */

/**
 * The whole number that a header holds.
 *
 * @param headers of an answer
 * @param name of the header
 * @returns nothing for a header that is absent, and for one that is anything else than decimal digits
 */
export function wholeNumberIn(headers: Headers, name: string): number | undefined {
  const value = headers.get(name)?.trim() ?? "";
  // 15 digits are the most that a number of JavaScript always holds exactly.
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
