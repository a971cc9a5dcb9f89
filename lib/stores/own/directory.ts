/**
 * A directory that the program keeps for itself, a cache or its state: whether it may be used, and how files are
 * written in it. It has to be ours alone. What is read from it is checked, but a directory that others can write
 * to would let them fill the disk, follow what is read, and put links where files are written.
 *
 * @module
 */

import { lookAt, makeDirectory, userId, withheldWrite } from "../../system/disk.ts";
import { fileError, notAllowed } from "../../system/system_error.ts";
import { quote } from "../../text/printable.ts";
import { randomName, rename, writeFully } from "../../system/files.ts";
import { isOrphan, ownedName } from "../../system/process_identity.ts";
import { listDirectory, nodeModule } from "../../system/runtime.ts";

/** The places of such a directory. */
export interface OwnPlaces {
  /** The directory. */
  readonly root: string;
  /** The file that tells what was written here from what was brought along (`origin.ts`). */
  readonly origin: string;
  /** Files in the making. */
  readonly temp: string;
  /** Folders below it by name, that of files in the making among them. */
  readonly folders: readonly string[];
  /** Who else may not be able to write there: every user, or the group too. */
  readonly closedTo: "every user" | "group";
}

/**
 * Makes the directory where it is missing, and looks at what is there.
 *
 * @param places its places
 * @returns why it cannot be used; nothing when it can
 */
export function prepareDirectory(places: OwnPlaces): string | undefined {
  try {
    // To read from it alone would be possible, and leave what is found damaged where it is.
    const withheld = withheldWrite(places.root);
    if (withheld !== undefined) return notAllowed(withheld).message;
    const problem = ensure(places.root, places);
    if (problem !== undefined) return problem;
    const seen = new Set<string>();
    for (const folder of places.folders) {
      // Outermost first, so that no link is followed on the way in.
      let path = places.root;
      for (const part of folder.split("/")) {
        path = `${path}/${part}`;
        if (seen.has(path)) continue;
        seen.add(path);
        const problem = ensure(path, places);
        if (problem !== undefined) return problem;
      }
    }
    sweep(places.temp);
    return undefined;
  } catch (error) {
    return fileError("cannot use", places.root, error).message;
  }
}

/** Makes a directory where there is none, and says what is wrong with what is there. */
function ensure(path: string, { closedTo }: OwnPlaces): string | undefined {
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
  if (closedTo === "group" && (mode & 0o020) !== 0) {
    return `${quote(path)} can be written by its group`;
  }
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

/** A name for a file in the making. */
export function temporaryPath(places: OwnPlaces): string {
  return `${places.temp}/${ownedName(randomName())}`;
}

/** Writes a file in one step. It is checked when it is read, so it need not outlast a power failure. */
export function writeQuietly(places: OwnPlaces, path: string, bytes: Uint8Array): void {
  const { openSync, closeSync, rmSync } = nodeModule("fs");
  const temporary = temporaryPath(places);
  try {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      writeFully(fd, bytes);
    } finally {
      closeSync(fd);
    }
    rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
