/**
 * The errors for a table of contents that cannot be right.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";

/**
 * Makes the error for a table as a whole.
 *
 * @param why what is wrong with it
 * @param cause what was thrown, where something was
 */
export function invalidTable(why: string, cause?: unknown): BlobberError {
  return new BlobberError("invalid-archive", `invalid table of contents: ${why}`, { cause });
}

/**
 * Makes the error for one row.
 *
 * @param name what the row names
 * @param why what is wrong with it
 */
export function invalidRow(name: string, why: string): BlobberError {
  return invalidTable(`${quote(name)} ${why}`);
}
