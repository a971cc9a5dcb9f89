/**
 * Moves what is unpacked and checked into place, by renames: each file is there whole, the old one or
 * the new one, whatever happens in between.
 *
 * @module
 */

import { chmodSync, renameSync, rmdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { checkKinds, exists, statOf } from "./conflicts.ts";
import type { Entry } from "../entry.ts";
import { errnoOf, fileSystemError } from "../fs_error.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import type { Staging } from "./staging.ts";
import type { Tree } from "../read/tree.ts";

/** How to place. */
export interface PlaceOptions {
  overwrite: boolean;
  /** Names the artifact in the journal, for a run that has to complete this one. */
  artifact: string;
  /** Called after each step. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
}

/** Permission bits of a directory that may be renamed and have its entries renamed away. */
const MOVABLE = 0o300;

/**
 * Moves everything into place.
 *
 * @param staging where it is; everything in it has been checked
 * @param tree what it is
 * @throws {BlobberError} `conflict`, `file-system`; what was not there before is taken back out
 */
export function place(staging: Staging, tree: Tree, options: PlaceOptions): void {
  const directories = directoriesOf(tree, staging.umask);
  const { destination } = staging;
  staging.beginPlacing(options.artifact);
  if (!destination.exists) {
    const root = { entry: { ...(tree.root ?? implied("", staging.umask)), path: "" } };
    // A directory that may not be written to cannot be moved: such a mode is set when it is in place.
    const inTime = [...directories, ...(isMovable(root) ? [root] : [])];
    for (const { entry } of inTime) setMode(staging.root, entry);
    setTimes(staging.root, [...directories, root]);
    placeWhole(staging, options);
    if (!isMovable(root)) setMode(destination.path, root.entry);
    return;
  }
  for (const one of directories) if (isMovable(one)) setMode(staging.root, one.entry);
  const mover = new Mover(staging, tree, options);
  mover.merge("");
  for (const path of mover.merged) {
    const entry = tree.get(path)?.entry;
    if (entry !== undefined) setMode(destination.path, entry);
  }
  for (const one of directories) if (!isMovable(one)) setMode(destination.path, one.entry);
  setTimes(destination.path, directories);
}

function isMovable({ entry }: Directory): boolean {
  return (entry.mode & MOVABLE) === MOVABLE;
}

function placeWhole(staging: Staging, options: PlaceOptions): void {
  const { path } = staging.destination;
  try {
    renameSync(staging.root, path);
    options.onStep?.("");
  } catch (cause) {
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(cause) ?? "")) {
      throw new BlobberError("conflict", `${quote(path)} came to be while the pull ran`, { cause });
    }
    throw fileSystemError("cannot make", path, cause);
  }
}

/** Merges the staged tree into the one that is there. */
class Mover {
  /** Directories that were there before. */
  readonly merged: string[] = [];
  readonly #staging: Staging;
  readonly #tree: Tree;
  readonly #options: PlaceOptions;
  /** What was moved to where nothing was. */
  readonly #added: string[] = [];

  constructor(staging: Staging, tree: Tree, options: PlaceOptions) {
    this.#staging = staging;
    this.#tree = tree;
    this.#options = options;
  }

  merge(dir: string): void {
    try {
      this.#merge(dir);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
  }

  #merge(dir: string): void {
    const names = [...this.#tree.childrenOf(dir)].sort();
    for (const name of names) this.#place(dir === "" ? name : `${dir}/${name}`);
  }

  #place(path: string): void {
    const { root, destination } = this.#staging;
    const target = join(destination.path, path);
    const found = statOf(destination.path, path);
    const isDirectory = this.#tree.isDirectory(path);
    if (found !== undefined) {
      checkKinds(destination.path, path, found, isDirectory);
      if (isDirectory && found.isDirectory()) {
        this.merged.push(path);
        return this.#merge(path);
      }
      if (!this.#options.overwrite) throw exists([path]);
    }
    try {
      if (found?.isDirectory()) rmdirSync(target); // it is empty
      renameSync(join(root, path), target);
    } catch (cause) {
      throw fileSystemError("cannot move into place", target, cause);
    }
    if (found === undefined) this.#added.push(path);
    this.#options.onStep?.(path);
  }

  #takeBack(): void {
    const { root, destination } = this.#staging;
    for (const path of this.#added.reverse()) {
      try {
        renameSync(join(destination.path, path), join(root, path));
      } catch { // the error that is thrown tells more
      }
    }
  }
}

interface Directory {
  entry: Entry;
}

/** All directories, children before parents, the ones that no entry names as a `mkdir` would make them. */
function directoriesOf(tree: Tree, umask: number): Directory[] {
  const found: Directory[] = [];
  const visit = (dir: string) => {
    for (const name of tree.childrenOf(dir)) {
      const path = dir === "" ? name : `${dir}/${name}`;
      if (!tree.isDirectory(path)) continue;
      visit(path);
      found.push({ entry: tree.get(path)?.entry ?? implied(path, umask) });
    }
  };
  visit("");
  return found;
}

function implied(path: string, umask: number): Entry {
  return { path, type: "directory", size: 0, mode: 0o777 & ~umask, mtime: 0 };
}

function setMode(root: string, entry: Entry): void {
  const path = join(root, entry.path);
  try {
    chmodSync(path, entry.mode);
  } catch (cause) {
    throw fileSystemError("cannot set the mode of", path, cause);
  }
}

/** Last of all and from below: what is done in a directory changes its time. */
function setTimes(root: string, directories: Directory[]): void {
  for (const { entry: { path, mtime } } of directories) {
    if (mtime === 0) continue;
    try {
      utimesSync(join(root, path), mtime, mtime);
    } catch (cause) {
      throw fileSystemError("cannot set the time of", join(root, path), cause);
    }
  }
}
