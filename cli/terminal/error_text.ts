/**
 * Errors as they are shown.
 *
 * @module
 */

import { type BlobberError, type Code, CODES, isBlobberError, STATUS } from "@blobber/core/errors";
import { printable, printableSentence, withoutTokens } from "@blobber/core/internal/printable";
import { missingPermission, systemReason } from "@blobber/core/internal/system-error";
import { hintFor } from "./hints.ts";

/** An error as text, JSON and exit status need it. */
export interface ErrorForm {
  code: Code;
  message: string;
  hint: string | undefined;
  exitStatus: number;
  /** Only of an error that was not thrown on purpose. */
  stack: string | undefined;
}

/** Words that scripts written for the Go tool look for; the message gets them where it has not. */
const PHRASES: Partial<Record<Code, string>> = {
  "not-found": "not found",
  "unauthorized": "authentication failed",
  "denied": "authentication failed",
  "invalid-reference": "invalid reference",
  "path-traversal": "path traversal detected",
  "invalid-archive": "invalid or corrupt archive",
  "signature-invalid": "signature verification failed",
  "identity-mismatch": "signature verification failed",
  "name-mismatch": "signature verification failed",
  "no-signature": "no signature found",
  "interrupted": "operation canceled",
  "terminated": "operation canceled",
};

/** The same for a conflict that `--overwrite` resolves: they stand behind the message. */
const REPLACE = "(use --overwrite to replace)";

/**
 * Describes whatever was thrown.
 *
 * @param caught what was caught
 * @param command the command that was run, where one was
 */
export function describeError(caught: unknown, command?: string): ErrorForm {
  // What was under way when a permission was missed is not what went wrong.
  const thrown = missingPermission(caught) ?? unwrapped(caught);
  if (isBlobberError(thrown)) {
    const { advice } = thrown;
    const hint = advice.hint === undefined ? undefined : hintFor(advice.hint, command);
    return {
      code: thrown.code,
      message: oneLine(withPhrase(thrown)),
      hint: hint === undefined ? undefined : oneLine(hint),
      exitStatus: thrown.exitStatus,
      stack: undefined,
    };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const system = systemReason(error);
  const code: Code = system === undefined ? "unexpected" : "file-system";
  return {
    code,
    message: system === undefined
      ? `unexpected error: ${printable(withoutTokens(error.message), 300)}`
      : `${system}: ${printable(withoutTokens(error.message), 500)}`,
    hint: system === undefined
      ? "this is a fault of blobber; --verbose shows where it happened"
      : undefined,
    exitStatus: STATUS[CODES[code]].status,
    stack: error.stack === undefined
      ? undefined
      : withoutTokens(error.stack).split("\n").map((line) => printableSentence(line)).join("\n"),
  };
}

/** What the library wraps because it does not know it has its stack to show. */
function unwrapped(caught: unknown): unknown {
  return isBlobberError(caught, "unexpected") && caught.message.startsWith("unexpected error: ") &&
      caught.cause instanceof Error
    ? caught.cause
    : caught;
}

function withPhrase({ code, message, remedies }: BlobberError): string {
  if (remedies.some((one) => "option" in one && one.option === "overwrite")) {
    return `${message} ${REPLACE}`;
  }
  const phrase = PHRASES[code];
  return phrase === undefined || message.toLowerCase().includes(phrase)
    ? message
    : `${phrase}: ${message}`;
}

/** Nothing from outside may begin a line of its own. */
function oneLine(text: string): string {
  return printableSentence(withoutTokens(text), 4000);
}
