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
import { setTime } from "./file_time.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import type { PlacedTree } from "./placed_tree.ts";
import { IMPLIED_MODE } from "./plan.ts";
import { isMovable, type Staging } from "./staging.ts";

/** How to place. */
export interface PlaceOptions {
  overwrite: boolean;
  /** Names the artifact in the journal, for a run that has to complete this one. */
  artifact: string;
  /** Called after each step. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
}

/**
 * Moves everything into place.
 *
 * @param staging where it is; everything in it has been checked
 * @param tree what it is
 * @throws {BlobberError} `conflict`, `file-system`; what was not there before is taken back out
 */
export function place(staging: Staging, tree: PlacedTree, options: PlaceOptions): void {
  const directories = directoriesOf(tree, staging.umask);
  const { destination } = staging;
  // Most were made with the mode that they are to have.
  const others = directories.filter(({ path, mode }) => staging.modeOf(path) !== mode);
  staging.beginPlacing(options.artifact);
  if (!destination.exists) {
    const root = { ...(tree.root ?? implied("", staging.umask)), path: "" };
    for (const one of others) setMode(staging.root, one);
    // A directory that may not be written to cannot be moved: such a mode is set when it is in place.
    if (isMovable(root.mode)) setMode(staging.root, root);
    setTimes(staging.root, [...directories, root]);
    placeWhole(staging, options);
    if (!isMovable(root.mode)) setMode(destination.path, root);
    return;
  }
  for (const one of others) if (isMovable(one.mode)) setMode(staging.root, one);
  const mover = new Mover(staging, tree, options);
  mover.merge("");
  for (const path of mover.merged) {
    const entry = tree.get(path)?.entry;
    if (entry !== undefined) setMode(destination.path, entry);
  }
  for (const one of others) if (!isMovable(one.mode)) setMode(destination.path, one);
  setTimes(destination.path, directories);
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
  readonly #tree: PlacedTree;
  readonly #options: PlaceOptions;
  /** What was moved to where nothing was. */
  readonly #added: string[] = [];

  constructor(staging: Staging, tree: PlacedTree, options: PlaceOptions) {
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

/** All directories, children before parents, the ones that no entry names as a `mkdir` would make them. */
function directoriesOf(tree: PlacedTree, umask: number): Entry[] {
  return tree.directories().reverse().map(({ path, entry }) => entry ?? implied(path, umask));
}

function implied(path: string, umask: number): Entry {
  return { path, type: "directory", size: 0, mode: IMPLIED_MODE & ~umask, mtime: 0 };
}

function setMode(root: string, { path, mode }: Entry): void {
  const at = under(root, path);
  try {
    chmodSync(at, mode);
  } catch (cause) {
    throw fileSystemError("cannot set the mode of", at, cause);
  }
}

/** Last of all and from below: what is done in a directory changes its time. */
function setTimes(root: string, directories: Entry[]): void {
  for (const { path, mtime } of directories) {
    const at = under(root, path);
    try {
      setTime(mtime, (time) => utimesSync(at, time, time));
    } catch (cause) {
      throw fileSystemError("cannot set the time of", at, cause);
    }
  }
}

/** Not join: the path is in normal form, and there are very many. */
function under(root: string, path: string): string {
  return path === "" ? root : `${root}/${path}`;
}
