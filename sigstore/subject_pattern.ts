/**
 * Patterns for the subject of a certificate. `*` stands for any characters within a path segment, `**` for
 * any across segments; neither matches `@`, and the pattern is the whole subject. The part that says who
 * is in charge (host and owner of a URI, domain of a mail address) has to be written out, so that no
 * pattern can be satisfied by an account that anybody opens.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";

/** Characters of a subject or a pattern; matching takes the product of the two at most. */
const MAX_SUBJECT_CHARS = 2048;

/** A pattern that may be used. */
export interface SubjectPattern {
  /** As it was written. */
  text: string;
  /** Whether the whole subject is meant. */
  matches(subject: string): boolean;
}

/**
 * Reads a pattern.
 *
 * @param text as a user writes it
 * @throws {BlobberError} `invalid-option` naming the part that has to be written out
 */
export function parseSubjectPattern(text: string): SubjectPattern {
  const fail = (why: string): never => {
    throw new BlobberError("invalid-option", `invalid subject pattern ${quote(text)}: ${why}`, {
      hint:
        "write https://HOST/OWNER/… or *@DOMAIN, with * within a segment and ** across segments",
    });
  };
  if (text.length > MAX_SUBJECT_CHARS) fail(`it is longer than ${MAX_SUBJECT_CHARS} characters`);
  if (/[^\x21-\x7e]/.test(text)) fail("it has a character that is not printable ASCII");
  if (/\*{3,}/.test(text)) fail('it has more than two "*" in a row');
  const uri = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)\/([^/]*)/.exec(text);
  if (uri !== null) {
    const [, , host = "", owner = ""] = uri;
    if (host === "" || /[*@]/.test(host)) fail("expected the host to be written out");
    if (owner === "" || /[*@]/.test(owner)) {
      fail("expected the owner, the first segment of the path, to be written out");
    }
  } else if (text.includes("/")) {
    fail("expected a URI with scheme, host and owner, or a mail address");
  } else {
    const parts = text.split("@");
    if (parts.length !== 2) fail("expected a URI with scheme, host and owner, or a mail address");
    if (parts[1] === "" || parts[1]!.includes("*")) {
      fail("expected the mail domain to be written out");
    }
    if (parts[0] === "") fail("expected something before the @");
  }
  const tokens = text.match(/\*\*|\*|[^*]/g) ?? [];
  return { text, matches: (subject) => isPlain(subject) && matches(tokens, subject) };
}

// A subject with dot segments, an empty segment, a query or an escape has other readings than its letters.
function isPlain(subject: string): boolean {
  return subject.length <= MAX_SUBJECT_CHARS && !/[?#%\\]|[^\x21-\x7e]/.test(subject) &&
    !/\/\.{0,2}(?:\/|$)/.test(subject.replace(/^[a-z][a-z0-9+.-]*:\/\//, ""));
}

/** Matches token by token over the set of positions reached, so that no pattern takes exponential time. */
function matches(tokens: string[], subject: string): boolean {
  let reached = new Uint8Array(subject.length + 1);
  reached[0] = 1;
  for (const token of tokens) {
    const next = new Uint8Array(subject.length + 1);
    for (let at = 0; at <= subject.length; at++) {
      if (token === "*" || token === "**") {
        if (reached[at]) next[at] = 1;
        const c = subject[at];
        if (next[at] && c !== undefined && c !== "@" && (token === "**" || c !== "/")) {
          next[at + 1] = 1;
        }
      } else if (reached[at] && subject[at] === token) next[at + 1] = 1;
    }
    reached = next;
  }
  return reached[subject.length] === 1;
}
