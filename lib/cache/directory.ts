/**
 * Whether a directory may be used as a cache: it is ours alone, and can be written. Content is checked
 * when it is read, but a directory that others can write to would let them fill the disk, follow what is
 * read, and put links where files are written.
 *
 * @module
 */

import { accessSync, constants, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { errnoOf, fileError } from "../files.ts";
import { quote } from "../printable.ts";
import { isOrphan } from "../process_identity.ts";
import { type CachePaths, ROOMS } from "./paths.ts";

/**
 * Makes the directory of a cache where it is missing, and looks at what is there.
 *
 * @param paths its places
 * @returns why it cannot be used; nothing when it can
 */
export function prepareDirectory(paths: CachePaths): string | undefined {
  try {
    const problem = inspect(paths.root);
    if (problem !== undefined) return problem;
    mkdirSync(paths.root, { recursive: true, mode: 0o700 });
    for (const room of Object.values(ROOMS)) {
      // Outermost first, so that no link is followed on the way in.
      let path = paths.root;
      for (const part of room.split("/")) {
        path = join(path, part);
        const problem = inspect(path);
        if (problem !== undefined) return problem;
        mkdirSync(path, { recursive: true, mode: 0o700 });
      }
    }
    accessSync(paths.room("temp"), constants.W_OK);
    sweep(paths.room("temp"));
    return inspect(paths.root);
  } catch (error) {
    return fileError("cannot use", paths.root, error).message;
  }
}

function inspect(path: string): string | undefined {
  let stat;
  try {
    stat = lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  if (stat.isSymbolicLink()) return `${quote(path)} is a symbolic link`;
  if (!stat.isDirectory()) return `${quote(path)} is no directory`;
  const uid = userId();
  if (uid !== undefined && stat.uid !== uid) return `${quote(path)} belongs to another user`;
  if (process.platform !== "win32" && (stat.mode & 0o002) !== 0) {
    return `${quote(path)} can be written by everybody`;
  }
  return undefined;
}

function userId(): number | undefined {
  try {
    return process.getuid?.();
  } catch { // the runtime does not let us know
    return undefined;
  }
}

/** Removes what processes left that were killed while they wrote. */
function sweep(temp: string): void {
  for (const name of readdirSync(temp)) {
    if (isOrphan(name)) rmSync(join(temp, name), { force: true });
  }
}
