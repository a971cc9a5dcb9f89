/**
 * The words that a shell passes on, as the program would get them. Nothing in them is evaluated: expansions stay
 * as they are written.
 *
 * @module
 */

/**
 * Removes the quotes from a word of bash or fish.
 *
 * @param word as it stands on the command line, perhaps with a quote that is still open
 */
export function unquote(word: string): string {
  let text = "";
  let quote = "";
  for (let i = 0; i < word.length; i++) {
    const c = word[i]!;
    if (quote === "'") {
      if (c === "'") quote = "";
      else text += c;
    } else if (c === "\\") {
      const next = word[i + 1] ?? "";
      // Between double quotes a backslash escapes only these (POSIX shell, 2.2.3).
      if (quote === '"' && !/["\\$`]/.test(next)) text += c;
      else {
        text += next;
        i++;
      }
    } else if (c === '"') quote = quote === "" ? '"' : "";
    else if (c === "'" && quote === "") quote = "'";
    else text += c;
  }
  return text;
}
