/**
 * The error for an archive that cannot be right.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";

/**
 * Makes the error.
 *
 * @param why what is wrong with it
 * @param cause what was thrown, where something was
 */
export function invalidArchive(why: string, cause?: unknown): BlobberError {
  return new BlobberError("invalid-archive", `invalid or corrupt archive: ${why}`, { cause });
}
