/**
 * The error of a command that went on after a failure, and so did not do all.
 *
 * @module
 */

import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";

/** The first that failed, by its name. */
export interface FirstFailure {
  name: string;
  error: unknown;
}

/**
 * Makes it: of the kind that the first failure is, with that one's hint.
 *
 * @param first what failed first
 * @param failed how many failed
 * @param what says so in words: `2 of 3 artifacts were not copied`
 */
export function notAll({ name, error }: FirstFailure, failed: number, what: string): unknown {
  if (!isBlobberError(error)) return error;
  const which = `${failed === 1 ? "" : "first "}${printable(name)}`;
  const message = `${what}, ${which}: ${error.message}`;
  return new BlobberError(error.code, message, { cause: error, ...error.advice });
}
