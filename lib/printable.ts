/**
 * Text from outside (archives, registries, certificates) as it may be shown to a person.
 *
 * @module
 */

// C0, DEL and C1 controls steer terminals; bidirectional and invisible characters make one name look like another.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

/**
 * Escapes control, bidirectional and invisible characters, so that the text cannot steer a terminal or
 * pass for another.
 *
 * @param text text from outside
 * @param limit the most characters to show; what is longer ends in `…`
 * @returns the text with each such character as `\xNN` or `\u{NNNN}`
 */
export function printable(text: string, limit = Infinity): string {
  const cut = text.length > limit ? text.slice(0, limit) + "…" : text;
  return cut.replace(UNSAFE, (c) => {
    const code = c.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Runs of what is not surely safe between lines. */
const ODD = /[^\n -~]+/g;

/**
 * As {@linkcode printable} of each line. Of long text nearly all is plain, and passed over in one go.
 *
 * @param text text from outside, whose line feeds are between lines
 */
export function printableLines(text: string): string {
  return text.replace(ODD, (run) => printable(run));
}

/**
 * Quotes a value for an error message: in double quotes, escaped, and no longer than a line.
 *
 * @param value text from outside, or whatever stood where text was expected
 */
export function quote(value: unknown): string {
  // An object from JSON may hold a "toString" that is no function, and then it cannot be made text.
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "an object";
  }
  return `"${printable(String(value), 200)}"`;
}
