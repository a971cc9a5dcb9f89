/**
 * How reading input from outside fails: each reader is told which error its input ends in, so that one
 * reader serves signatures, statements and trust roots.
 *
 * @module
 */

import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";

/** Makes the error for something that is wrong with an input. */
export type Fail = (why: string, cause?: unknown) => BlobberError;

/** The error for a signature that is not valid, or not readable. */
export function invalidSignature(why: string, cause?: unknown): BlobberError {
  return new BlobberError("signature-invalid", `invalid signature: ${why}`, { cause });
}

/** The error for a trust root that cannot be used. */
export function invalidTrustRoot(why: string, cause?: unknown): BlobberError {
  return new BlobberError("trust-root", `invalid trust root: ${why}`, {
    cause,
    hint: ["give another trust root with ", { option: "trust" }, ", or fetch it again"],
  });
}

/**
 * Runs a step that reads or checks input, and turns whatever it throws into the one error for that input:
 * libraries throw `TypeError`, `SyntaxError` and `RangeError` on hostile bytes.
 *
 * @param what what was being read, for the message
 * @param fail the input's error
 * @param step the work
 */
export function guarded<T>(what: string, fail: Fail, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (isBlobberError(error) && error.code !== "integrity") throw error;
    throw fail(`${what}: ${reasonOf(error)}`, error);
  }
}

/** The message of something caught, for one line. */
export function reasonOf(error: unknown): string {
  if (isBlobberError(error)) return error.message;
  return quote(error instanceof Error ? error.message : String(error));
}
