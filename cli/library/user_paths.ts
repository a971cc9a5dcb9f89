/**
 * Files and directories that a user named.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { checkDiskName, keyIn } from "@blobber/core/internal/disk-names";
import { platform } from "@blobber/core/internal/platform";
import { printable, quote } from "@blobber/core/internal/printable";
import { errnoOf, missingPermission, reasonInWords } from "@blobber/core/internal/system-error";
import { type FileLook, isMissing, look, realPath } from "../machine.ts";

/**
 * Refuses `-`, which stands for a stream in other programs, so that it is not taken for a name.
 *
 * @param path as the user wrote it
 * @param hint what to do instead
 * @throws {BlobberError} `usage`
 */
export function refuseStream(path: string, hint: string): void {
  if (path !== "-") return;
  throw new BlobberError("usage", '"-" stands for a stream, which is not supported here', { hint });
}

/**
 * Checks that a directory exists, in the words that users of the Go tool know.
 *
 * @param path as the user wrote it
 * @throws {BlobberError} `file-system`, and `usage` for `-`
 */
export function checkDirectory(path: string): void {
  refuseStream(path, "name a directory; ./- is a directory named -");
  let info: FileLook;
  try {
    info = look(path);
  } catch (cause) {
    if (isMissing(cause)) {
      throw new BlobberError("file-system", `directory not found: ${printable(path)}`, { cause });
    }
    throw fileError(`cannot read ${printable(path)}`, cause);
  }
  if (!info.isDirectory) {
    throw new BlobberError("file-system", `not a directory: ${printable(path)}`);
  }
}

/** Where a file is written: the path, and the same behind links. */
export interface CopyTarget {
  path: string;
  real: string;
}

/**
 * Where `cp … DEST` puts a file.
 *
 * @param destination a file, or a directory that the file goes into
 * @param path the file's path in the artifact
 * @throws {BlobberError} `conflict`, `file-system`
 */
export function copyTarget(destination: string, path: string): CopyTarget {
  const name = nameOf(path);
  const inside = `${withoutEnd(destination)}/${name}`;
  let target = destination;
  let info = namesDirectory(destination) ? undefined : statIfThere(target);
  if (namesDirectory(destination) || info?.isDirectory) {
    checkDiskName(name); // one that the user wrote is meant as it is
    target = inside;
    info = statIfThere(target);
  }
  if (info !== undefined && !info.isFile) {
    throw notAFile(target, info.isDirectory);
  }
  // What a link names is replaced, and the link stays.
  return { path: target, real: info === undefined ? target : realPath(target) };
}

/**
 * Where `cp … DEST` puts several files: into a directory, which is there or, with a slash at its end, is made.
 *
 * @param destination the directory
 * @param paths the files' paths in the artifact
 * @throws {BlobberError} `conflict`, also for two files of one name; `file-system`
 */
export function copyTargets(destination: string, paths: readonly string[]): CopyTarget[] {
  if (!isDestinationDirectory(destination)) throw missingDirectory(destination);
  const named = new Map<string, string>();
  const keyOf = keyIn(platform().folds) ?? ((name: string) => name);
  for (const path of paths) {
    const name = nameOf(path);
    const other = named.get(keyOf(name));
    if (other !== undefined) {
      throw new BlobberError(
        "conflict",
        `${quote(other)} and ${quote(path)} would both be ${quote(name)} in the directory`,
        { hint: "copy one of them under another name" },
      );
    }
    named.set(keyOf(name), path);
  }
  return paths.map((path) => copyTarget(`${destination}/`, path));
}

/** Whether a path ends as only a directory's does. */
function namesDirectory(path: string): boolean {
  return platform().separators.some((separator) => path.endsWith(separator));
}

function withoutEnd(path: string): string {
  return namesDirectory(path) ? withoutEnd(path.slice(0, -1)) : path;
}

/**
 * Whether `cp … DEST` copies into a directory: one that is there or, with a slash at the end of its name, is made.
 *
 * @param destination as the user wrote it
 * @throws {BlobberError} `conflict` when it is something else; `file-system`
 */
export function isDestinationDirectory(destination: string): boolean {
  const info = statIfThere(destination);
  if (info === undefined) return namesDirectory(destination);
  if (info.isDirectory) return true;
  throw new BlobberError("conflict", `not a directory: ${printable(destination)}`, {
    hint: INTO_DIRECTORY,
  });
}

const INTO_DIRECTORY = "several files, and what a pattern matches, are copied into a directory";

/** The error for a directory that is not there and is not made. */
export function missingDirectory(destination: string): BlobberError {
  return new BlobberError("file-system", `directory not found: ${printable(destination)}`, {
    hint: `${INTO_DIRECTORY}: a slash at the end of its name makes it`,
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Writes a file in one step: it exists whole or not at all. Its directory is opened once, so that another user
 * who changes the path meanwhile changes nothing.
 *
 * @param target where; missing parents are made, and removed again when it fails
 * @param content its bytes; an error of theirs leaves nothing behind
 * @param options permission bits, whatever the umask; whether the path may be changed by other users; and whether
 * what exists is kept
 * @returns bytes written
 */
export async function writeStream(
  target: string,
  content: AsyncIterable<Uint8Array>,
  options: { mode: number; allowShared: boolean; onlyNew?: boolean },
): Promise<number> {
  const { closeSync, fchmodSync, openSync, rmSync, writeSync } = await import(
    "node:fs"
  );
  const { rename } = await import("@blobber/core/internal/files");
  const { holdFile, removeMade } = await import("@blobber/core/internal/hold-path");
  const hold = { allowShared: options.allowShared };
  const { dir, name, found, made } = holdFile(target, hold);
  const temporary = dir.entry(`${name}.${crypto.randomUUID()}.tmp`);
  let fd: number | undefined;
  try {
    if (found !== undefined && !found.isFile()) throw notAFile(target, found.isDirectory());
    fd = openSync(temporary, "wx", 0o600);
    let size = 0;
    for await (const bytes of content) {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      size += bytes.length;
    }
    if (platform().hasModes) fchmodSync(fd, options.mode);
    closeSync(fd);
    fd = undefined;
    if (options.onlyNew && dir.look(name) !== undefined) throw fileExists(target);
    rename(temporary, dir.entry(name));
    return size;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    rmSync(temporary, { force: true });
    removeMade(made, hold);
    if (error instanceof BlobberError) throw error;
    throw fileError(`cannot write ${printable(target)}`, error);
  } finally {
    dir.close();
  }
}

/**
 * Looks at where a file is to be made, before the work whose result it holds.
 *
 * @param path as the user wrote it
 * @param overwrite whether a file that exists is replaced
 * @throws {BlobberError} `conflict`, `file-system`
 */
export function checkNewFile(path: string, overwrite: boolean): void {
  const info = statIfThere(path);
  if (info !== undefined && !info.isFile) throw notAFile(path, info.isDirectory);
  if (info !== undefined && !overwrite) throw fileExists(path);
}

function fileExists(path: string): BlobberError {
  return new BlobberError("conflict", `file already exists: ${printable(path)}`, {
    remedies: [{ option: "overwrite" }],
  });
}

function notAFile(path: string, isDirectory: boolean): BlobberError {
  return new BlobberError(
    "conflict",
    `${printable(path)} is ${isDirectory ? "a directory" : "not a regular file"}`,
  );
}

function statIfThere(path: string): FileLook | undefined {
  try {
    return look(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) return undefined;
    throw fileError(`cannot read ${printable(path)}`, cause);
  }
}

function fileError(what: string, cause: unknown): unknown {
  const withheld = missingPermission(cause);
  if (withheld !== undefined) return withheld;
  // Faults of the file system have an errno; the rest is passed on as it is.
  if (errnoOf(cause) === undefined) return cause;
  return new BlobberError("file-system", `${what}: ${reasonInWords(cause)}`, { cause });
}
