/**
 * The door for credentials: what a function of the caller's returns is one of the three kinds, or nothing. No
 * value is ever shown.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { Credentials } from "../options.ts";
import { type Check, type Fault, isRecord, kindInWords } from "./shape.ts";

/** A secret: text as it may stand in a header. What is there is described, and never shown. */
const secret: Check = (value) => {
  const expected = "a string that is not empty, without line breaks and other control characters";
  const wrong = (found: string): Fault => ({ path: "", found, expected });
  if (typeof value !== "string" || value === "") return wrong(kindInWords(value));
  if (/[\r\n]/.test(value)) return wrong("a string with a line break");
  // deno-lint-ignore no-control-regex -- it is about them
  return /[\x00-\x1f\x7f]/.test(value) ? wrong("a string with a control character") : undefined;
};

/** In `user:password`, what stands before the first colon is the user (RFC 7617, 2). */
const user: Check = (value) =>
  secret(value) ??
    ((value as string).includes(":")
      ? { path: "", found: "a string with a colon", expected: "a string without" }
      : undefined);

const KINDS: Record<string, Check>[] = [
  { username: user, password: secret },
  { identityToken: secret },
  { registryToken: secret },
];
const WHAT_IT_IS =
  "expected { username, password }, { identityToken } or { registryToken }, or undefined for " +
  "anonymous access";

/**
 * Checks what is to be tried at a registry, or to be stored.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkLoginParts(login: { username: string; password: string }): void {
  for (const name of ["username", "password"] as const) {
    const value: unknown = isRecord(login) ? login[name] : undefined;
    if (typeof value === "string") continue;
    throw new BlobberError(
      "invalid-option",
      `invalid login: its ${name} is ${kindInWords(value)}, expected a string`,
    );
  }
}

/**
 * Takes what a function for credentials returned.
 *
 * @param returned by it, after the promise
 * @param host for messages
 * @returns a copy, of one kind and nothing else
 * @throws {BlobberError} `invalid-option`
 */
export function checkedCredentials(returned: unknown, host: string): Credentials | undefined {
  if (returned === undefined) return undefined;
  const invalid = (what: string) =>
    new BlobberError("invalid-option", `invalid credentials for ${host}: ${what}`);
  if (!isRecord(returned)) {
    throw invalid(`the function returned ${kindInWords(returned)}, ${WHAT_IT_IS}`);
  }
  const kinds = KINDS.filter((kind) =>
    Object.keys(kind).some((name) => returned[name] !== undefined)
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const found = kind === undefined ? "none" : "several";
    throw invalid(`the function returned ${found} of the three kinds, ${WHAT_IT_IS}`);
  }
  const copy: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(kind)) {
    const value = returned[name];
    const wrong = check(value);
    if (wrong !== undefined) {
      throw invalid(`the ${name} is ${wrong.found}, expected ${wrong.expected}`);
    }
    copy[name] = value;
  }
  return copy as Credentials;
}
