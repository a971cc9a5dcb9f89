/**
 * Text from outside (archives, registries, certificates) as it may be shown to a person.
 *
 * What is escaped follows from Unicode's properties, not from a list of characters that were once misused:
 * the general categories Other (controls, formats, surrogates, private use, unassigned) and Separator, and
 * everything that a renderer may leave out (`Default_Ignorable_Code_Point`). The space is the one separator
 * that is shown. Private-use and unassigned code points look like whatever a font makes of them.
 *
 * @module
 */

// Symbols, letters and a mark by category, and blank in every font: the empty Braille cell, a null notehead, two
// Egyptian blanks and the Khitan filler.
const BLANK = String.raw`\u2800\u{1d159}\u{13441}\u{13442}\u{16fe4}`;
const HIDDEN = String.raw`[\p{C}\p{Default_Ignorable_Code_Point}${BLANK}]|[^\P{Z} ]`;

const UNSEEN = new RegExp(HIDDEN, "gu");
/** The same and the backslash, with which every escape begins. */
const ESCAPED = new RegExp(String.raw`\\|${HIDDEN}`, "gu");
/** What nearly all text is: ASCII that is shown as it is. */
const PLAIN = /^[ -[\]-~]*$/;

/**
 * Escapes control, bidirectional, invisible and blank characters, so that the text cannot steer a terminal or
 * pass for another. A backslash is escaped too: what is shown stands for one text only.
 *
 * For a value. A sentence made of values that were escaped goes through {@linkcode printableSentence}.
 *
 * @example
 * ```ts
 * import { printable } from "@blobber/core";
 *
 * const name = "a\u001b[31mred"; // a name in an archive that would colour your terminal
 * if (printable(name).includes("\u001b")) throw new Error("expected it to be spelled out");
 * ```
 *
 * @param text text from outside
 * @param limit the most characters to show; what is longer ends in `…`
 * @returns the text with each such character as `\xNN` or `\u{NNNN}`, and a backslash as `\\`
 */
export function printable(text: string, limit = Infinity): string {
  const cut = text.length > limit ? text.slice(0, limit) + "…" : text;
  return PLAIN.test(cut) ? cut : cut.replace(ESCAPED, escapeOf);
}

/**
 * As {@linkcode printable}, for a sentence whose values have been escaped: their backslashes stay, and what
 * came in by another way is escaped all the same.
 *
 * @param text a message
 * @param limit the most characters to show; what is longer ends in `…`
 */
export function printableSentence(text: string, limit = Infinity): string {
  const cut = text.length > limit ? text.slice(0, limit) + "…" : text;
  return escapeUnseen(cut, escapeOf);
}

/**
 * Replaces every character that is not seen, or not as what it is, by an escape of the caller's own.
 *
 * @param text text from outside
 * @param escape what stands for a character
 */
export function escapeUnseen(text: string, escape: (character: string) => string): string {
  return text.replace(UNSEEN, escape);
}

/** Runs of what is not surely shown as it is between lines. */
const ODD = /[^\n -[\]-~]+/g;

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
  return `"${printable(withoutTokens(String(value)), 200)}"`;
}

/** Parts of base64 between dots, of which the first begins as that of an object in JSON does. */
const TOKEN = /(?<![\w-])e[w-z0-9_-][\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)*/g;

/**
 * Text in which a token (JWT, RFC 7519) is only said to be one: it is a secret, and what is in it is about a
 * person. A user can put one in any place where a path or a name belongs.
 *
 * @param text text that is to be shown
 */
export function withoutTokens(text: string): string {
  return text.replace(
    TOKEN,
    (run) => isObjectInBase64(run.slice(0, run.indexOf("."))) ? "[token]" : run,
  );
}

/** What stands before the host of a URL, and what stands behind its path: a password, a signature, a token. */
const IN_URL = /([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s/?#"'<>]*@)?([^\s?#"'<>)]*)([?#][^\s"'<>)]+)?/gi;

/**
 * Text of another's error without what may be secret in it: as {@linkcode withoutTokens}, and of URLs only
 * scheme, host and path stay.
 *
 * @param text what an error says
 */
export function withoutSecrets(text: string): string {
  const urls = text.replace(
    IN_URL,
    (_, scheme: string, _login, place: string, rest?: string) =>
      scheme + place + (rest === undefined ? "" : `${rest[0]}…`),
  );
  return withoutTokens(urls);
}

/**
 * Whether a value is a token, whatever stands before or behind it.
 *
 * @param text a value as it was given
 */
export function looksLikeToken(text: string): boolean {
  return withoutTokens(text) !== text || /^[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}$/.test(text.trim());
}

function isObjectInBase64(part: string): boolean {
  try {
    const text = part.slice(0, 16).replaceAll("-", "+").replaceAll("_", "/");
    return /^\{\s*"/.test(atob(text.slice(0, text.length - text.length % 4)));
  } catch { // another alphabet
    return false;
  }
}

function escapeOf(character: string): string {
  if (character === "\\") return "\\\\";
  const code = character.codePointAt(0)!;
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
}

/**
 * A number of things: `1 file`, `2 files`.
 *
 * @param count how many
 * @param one what one of them is called
 * @param many what several are called. @default with an "s"
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
