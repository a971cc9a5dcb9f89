/**
 * Patterns for the subject of a certificate. `*` stands for any characters within a path segment, `**` for
 * any across segments; neither matches `@`, and the pattern is the whole subject. The part that says who
 * is in charge (host and owner of a URI, domain of a mail address) has to be written out, so that no
 * pattern can be satisfied by an account that any user may open.
 *
 * URIs are compared in one form, whether a space, `é`, `#` or `%` is escaped or not: issuers escape what users
 * name, and users write the names that they know. A pattern without stars also matches the subject that it is,
 * letter by letter, whatever that is.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { MAX_SUBJECT_CHARS } from "@blobber/core/limits";
import { printable, quote } from "@blobber/core/internal/printable";
import { itemsOf, matchAll } from "@blobber/core/internal/wildcards";
import { uriForm } from "../encoding/uri_form.ts";

const URI = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)\/([^/]*)/;
const WILDCARDS = {
  "*": (character: string) => character !== "/" && character !== "@",
  "**": (character: string) => character !== "@",
};

/** A pattern that may be used. */
export interface SubjectPattern {
  /** As it was written. */
  text: string;
  /**
   * Whether the whole subject is meant. At most one step for each character of the pattern and of the
   * subject, which `meter` counts.
   */
  matches(subject: string, meter?: { steps: number }): boolean;
}

/**
 * Reads a pattern.
 *
 * @example
 * ```ts
 * import { isBlobberError } from "@blobber/core";
 * import { parseSubjectPattern } from "@blobber/sigstore/verify";
 *
 * const workflow = "https://github.com/acme/app/.github/workflows/release.yml";
 * parseSubjectPattern(`${workflow}@refs/tags/v*`);
 * let error: unknown;
 * try {
 *   parseSubjectPattern("https://git*.com/acme/app/release.yml"); // a host that anyone may have
 * } catch (thrown) {
 *   error = thrown;
 * }
 * if (!isBlobberError(error, "invalid-option")) throw error ?? new Error("expected a refusal");
 * ```
 *
 * @param text as a user writes it
 * @throws {BlobberError} `invalid-option` naming the part that has to be written out
 */
export function parseSubjectPattern(text: string): SubjectPattern {
  const invalidPattern = (why: string) =>
    new BlobberError("invalid-option", `invalid subject pattern ${quote(text)}: ${why}`, {
      hint:
        "write https://HOST/OWNER/… or *@DOMAIN, with * within a segment and ** across segments",
    });
  if (text.length > MAX_SUBJECT_CHARS) {
    throw invalidPattern(`it is longer than ${MAX_SUBJECT_CHARS} characters`);
  }
  const uri = URI.exec(text);
  if (uri !== null ? printable(text) !== text : /[^\x21-\x7e]/.test(text)) {
    throw invalidPattern(
      uri !== null ? "it has a character that is not seen" : "it is not printable ASCII",
    );
  }
  if (/\*{3,}/.test(text)) throw invalidPattern('it has more than two "*" in a row');
  if (uri !== null) {
    const [, , host = "", owner = ""] = uri;
    if (host === "" || /[*@]/.test(host)) {
      throw invalidPattern("expected the host to be written out");
    }
    if (owner === "" || /[*@]/.test(owner)) {
      throw invalidPattern("expected the owner, the first segment of the path, to be written out");
    }
  } else if (text.includes("/")) {
    throw invalidPattern("expected a URI with scheme, host and owner, or a mail address");
  } else {
    const parts = text.split("@");
    if (parts.length !== 2) {
      throw invalidPattern("expected a URI with scheme, host and owner, or a mail address");
    }
    if (parts[1] === "" || parts[1]!.includes("*")) {
      throw invalidPattern("expected the mail domain to be written out");
    }
    if (parts[0] === "") throw invalidPattern("expected something before the @");
  }
  const items = itemsOf(uri === null ? text : uriForm(text), WILDCARDS);
  const literal = !text.includes("*");
  return {
    text,
    matches(subject, meter) {
      if (literal && subject === text) return true;
      const form = uri === null ? plainForm(subject) : plainUriForm(subject);
      return form !== undefined && matchAll(items, form, meter);
    },
  };
}

/** What is no URI, when it has no other reading than its letters. */
function plainForm(subject: string): string | undefined {
  if (subject.length > MAX_SUBJECT_CHARS || /[?#%\\]|[^\x21-\x7e]/.test(subject)) return undefined;
  return /\/\.{0,2}(?:\/|$)/.test(subject) ? undefined : subject;
}

/**
 * The form of a URI, if no reader can take it for a path elsewhere: dot segments, escaped once or more often and
 * between slashes of any kind, lead out of the owner's part, and a query is no part of the path.
 */
function plainUriForm(subject: string): string | undefined {
  if (subject.length > MAX_SUBJECT_CHARS || /[?\\]|[^\x21-\x7e]/.test(subject)) return undefined;
  const form = uriForm(subject);
  return DOTS.test(form) || /%[01].|%7F|\/$/.test(form) ? undefined : form;
}

const SLASH = String.raw`(?:/|%(?:25)*(?:2F|5C))`;
const DOTS = new RegExp(
  String.raw`${SLASH}(?:\.|%(?:25)+2E){1,2}(?:${SLASH}|%(?:25)*(?:3F|23)|$)`,
  "i",
);
