/**
 * Files in a fresh directory of ours.
 *
 * @module
 */

import { constants, openSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";

/** Opens a file that must not exist, without following a link. */
export function openNew(path: string, mode: number): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return openSync(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), mode);
}

/**
 * The error of something that cannot be made in a fresh directory. What is there already is an
 * entry whose name is another one to the archive and the same to this file system.
 *
 * @param what what could not be done
 * @param path the entry
 * @param cause what was thrown
 */
export function placeError(what: string, path: string, cause: unknown): BlobberError {
  if (errnoOf(cause) !== "EEXIST") return fileError(what, path, cause);
  return new BlobberError(
    "conflict",
    `the archive holds ${quote(path)} and another name that this file system takes for the same`,
    { hint: "pull onto a file system that tells capitals and Unicode forms apart", cause },
  );
}
