/**
 * What a file system says no with, as an error of ours that names the path.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { missingPermission } from "./permission.ts";
import { quote } from "../printable.ts";

const REASONS: Record<string, string> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "not permitted",
  ENOENT: "it does not exist",
  EEXIST: "it exists already",
  ENOTDIR: "a part of the path is no directory",
  EISDIR: "it is a directory",
  ENAMETOOLONG: "the path is too long for this file system",
  ELOOP: "it is a symbolic link",
  EXDEV: "it is on another file system",
  EMFILE: "too many open files",
  EIO: "input/output error",
};

/** The code of an error of the file system, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * An error of ours for one of the file system's.
 *
 * @param what what could not be done: `cannot write`
 * @param path to what
 * @param cause what was thrown; one of ours is passed on
 */
export function fileSystemError(what: string, path: string, cause: unknown): BlobberError {
  if (cause instanceof BlobberError) return cause;
  const withheld = missingPermission(cause);
  if (withheld !== undefined) return withheld;
  const code = errnoOf(cause);
  const why = (code && REASONS[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  return new BlobberError("file-system", `${what} ${quote(path)}: ${quote(why).slice(1, -1)}`, {
    cause,
  });
}
