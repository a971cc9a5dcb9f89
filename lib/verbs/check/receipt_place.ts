/**
 * Where a receipt lies: beside the directory that it is of, or in it.
 *
 * @module
 */

import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isSame } from "../../system/held_directory.ts";
import { errnoOf } from "../../system/system_error.ts";

/**
 * The path of a file below a directory, with slashes.
 *
 * @param directory absolute and without links
 * @param file as the user wrote it; it may not be there yet. A link is where it stands, not where it leads
 * @returns `undefined` where it is elsewhere
 */
export function fileBelow(directory: string, file: string): string | undefined {
  const parent = realPathOf(dirname(resolve(file)));
  for (let at = parent;; at = dirname(at)) {
    if (isDirectoryAt(at, directory)) {
      return join(relative(at, parent), basename(file)).replaceAll("\\", "/");
    }
    if (at === dirname(at)) return undefined;
  }
}

/** Whether a path leads to the directory, by whatever spelling of its name. */
function isDirectoryAt(path: string, directory: string): boolean {
  if (path === directory) return true;
  try {
    const [there, here] = [statSync(path), statSync(directory)];
    return there.ino !== 0 && isSame(there, here);
  } catch { // one of them is not there, or not for us
    return false;
  }
}

/** A path with links followed, as far as it exists. */
export function realPathOf(path: string): string {
  const missing: string[] = [];
  for (let at = path;; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || at === dirname(at)) return path;
      missing.unshift(basename(at));
    }
  }
}
