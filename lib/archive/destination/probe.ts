/**
 * What a staging directory tells of the file system that it lies on.
 *
 * @module
 */

import { closeSync, fstatSync, unlinkSync } from "node:fs";
import type { HeldDirectory } from "../../system/held_directory.ts";
import { type NameFolding, platform } from "../../system/platform.ts";
import { openNew } from "./new_file.ts";

/** What was found out. */
export interface Probed {
  /** Permission bits that this process's new files do not get; nothing where files have none. */
  umask: number | undefined;
  /** Which names are one. */
  folds: NameFolding;
}

const NAME = "probe";
/** `é` as one character, and as two. */
const [COMPOSED, DECOMPOSED] = ["probe-\u00e9", "probe-e\u0301"];

/**
 * Makes files, looks at them, and removes them again. Which names are one is the directory's to say: there are
 * disks on Linux that fold case, and others on macOS that do not.
 *
 * @param dir a directory of this process alone
 * @throws the system's error
 */
export function probe(dir: HeldDirectory): Probed {
  const { hasModes, folds, isActed } = platform();
  const fd = openNew(dir.entry(NAME), 0o777);
  try {
    const umask = hasModes ? 0o777 & ~fstatSync(fd).mode : undefined;
    if (isActed) return { umask, folds };
    const foldsCase = dir.look(NAME.toUpperCase()) !== undefined;
    // What folds no case folds forms on macOS alone.
    const forms = foldsCase || folds.forms ? foldsForms(dir) : false;
    return { umask, folds: { case: foldsCase, forms } };
  } finally {
    closeSync(fd);
    unlinkSync(dir.entry(NAME));
  }
}

function foldsForms(dir: HeldDirectory): boolean {
  let fd: number;
  try {
    fd = openNew(dir.entry(COMPOSED), 0o600);
  } catch { // it takes no such name
    return false;
  }
  try {
    return dir.look(DECOMPOSED) !== undefined;
  } finally {
    closeSync(fd);
    unlinkSync(dir.entry(COMPOSED));
  }
}
