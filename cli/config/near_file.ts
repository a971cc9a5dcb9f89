/**
 * "Did you mean" for a file that is not there.
 *
 * @module
 */

import { looksLikeToken } from "@blobber/core/internal/printable";
import { nearestWord } from "@blobber/core/internal/spelling";
import { readDirectory } from "../machine.ts";

/** Names of a directory that are compared; a directory of keys has a few. */
const MAX_NAMES = 1000;

/**
 * The file beside it whose name is nearest.
 *
 * @param path what was named
 * @returns its path as it would be written in place of the other, or nothing
 */
export function nearFile(path: string): string | undefined {
  const [, directory, name] = /^(.*[/\\])?([^/\\]+)$/s.exec(path) ?? [];
  if (name === undefined) return undefined;
  const near = nearestWord(name, filesOf(directory ?? "."));
  return near === undefined ? undefined : (directory ?? "") + near;
}

function filesOf(directory: string): string[] {
  const names: string[] = [];
  let seen = 0;
  try {
    for (const { name, isDirectory } of readDirectory(directory)) {
      if (++seen > MAX_NAMES) break;
      // A secret that was once taken for a name is not shown.
      if (!isDirectory && !looksLikeToken(name)) names.push(name);
    }
  } catch {
    // A directory that cannot be listed has nothing to offer.
  }
  return names;
}
