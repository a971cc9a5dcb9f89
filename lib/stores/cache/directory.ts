/**
 * Whether a directory may be used as a cache: it is ours alone, and can be written. Content is checked
 * when it is read, but a directory that others can write to would let them fill the disk, follow what is
 * read, and put links where files are written.
 *
 * @module
 */

import { lookAt, makeDirectory, userId, withheldWrite } from "../../system/disk.ts";
import { fileError, notAllowed } from "../../system/system_error.ts";
import { quote } from "../../text/printable.ts";
import { isOrphan } from "../../system/process_identity.ts";
import { listDirectory, nodeModule } from "../../system/runtime.ts";
import { type CachePaths, FOLDERS } from "./paths.ts";

/**
 * Makes the directory of a cache where it is missing, and looks at what is there.
 *
 * @param paths its places
 * @returns why it cannot be used; nothing when it can
 */
export function prepareDirectory(paths: CachePaths): string | undefined {
  try {
    // To read from it alone would be possible, and leave what is found damaged where it is.
    const withheld = withheldWrite(paths.root);
    if (withheld !== undefined) return notAllowed(withheld).message;
    const problem = ensure(paths.root);
    if (problem !== undefined) return problem;
    const seen = new Set<string>();
    for (const folder of Object.values(FOLDERS)) {
      // Outermost first, so that no link is followed on the way in.
      let path = paths.root;
      for (const part of folder.split("/")) {
        path = `${path}/${part}`;
        if (seen.has(path)) continue;
        seen.add(path);
        const problem = ensure(path);
        if (problem !== undefined) return problem;
      }
    }
    sweep(paths.folder("temp"));
    return undefined;
  } catch (error) {
    return fileError("cannot use", paths.root, error).message;
  }
}

/** Makes a directory where there is none, and says what is wrong with what is there. */
function ensure(path: string): string | undefined {
  let found = lookAt(path);
  if (found === undefined) {
    makeDirectory(path);
    found = lookAt(path);
  }
  if (found === undefined) return `${quote(path)} was removed as it was made`;
  if (found.link) return `${quote(path)} is a symbolic link`;
  if (!found.directory) return `${quote(path)} is not a directory`;
  const uid = userId();
  if (uid !== undefined && found.uid !== uid) return `${quote(path)} belongs to another user`;
  const { mode = 0o700 } = found;
  if ((mode & 0o002) !== 0) return `${quote(path)} can be written by every user`;
  if ((mode & 0o300) !== 0o300) return `${quote(path)} cannot be written by its owner`;
  return undefined;
}

/** Removes what processes left that were killed while they wrote. */
function sweep(temp: string): void {
  for (const { name } of listDirectory(temp)) {
    if (!isOrphan(name)) continue;
    try {
      nodeModule("fs").rmSync(`${temp}/${name}`, { force: true });
    } catch { // a directory: none of ours
    }
  }
}
