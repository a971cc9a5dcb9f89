/**
 * Moves what is unpacked and checked into place, by renames: each file is there whole, the old one or
 * the new one, whatever happens in between.
 *
 * @module
 */

import { chmodSync, lstatSync, renameSync, rmdirSync, type Stats, utimesSync } from "node:fs";
import { checkKinds, exists, statOf } from "./conflicts.ts";
import { DirectoryCursor } from "./directory_cursor.ts";
import { type Entry, IMPLIED_MODE } from "../entry.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { setTime } from "./file_time.ts";
import { BlobberError } from "../../errors.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import { rename } from "../../system/files.ts";
import { platform } from "../../system/platform.ts";
import { Pace } from "../../system/pace.ts";
import { quote } from "../../text/printable.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";
import { isReplaceable, type Replaceable } from "./resumed.ts";
import { isMovable, type Staging } from "./staging.ts";

/** How to place. */
export interface PlaceOptions {
  overwrite: boolean;
  /** Stops it until everything is in place. */
  pace: Pace;
  /** What a killed run has placed; it may be replaced by itself. */
  replaceable?: Replaceable | undefined;
  /** Called after each step. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
}

/**
 * Moves everything into place. Nothing is done through a link: each directory of the destination is opened
 * from the one above it, and what a directory is to have it gets through that.
 *
 * @param staging where it is; everything in it has been checked
 * @param tree what it is
 * @throws {BlobberError} `conflict`, `file-system`, `interrupted`; what was not there before is taken back out
 */
export async function place(
  staging: Staging,
  tree: PlacedTree,
  options: PlaceOptions,
): Promise<void> {
  const { pace } = options;
  const directories = directoriesOf(tree, staging.umask);
  staging.beginPlacing();
  const { dir } = staging.destination;
  if (dir === undefined) {
    for (const one of directories) {
      if (pace.due()) await pace.breathe();
      prepare(staging, one, true);
    }
    placeWhole(staging, tree, options);
    return;
  }
  const cursor = new DirectoryCursor(dir);
  try {
    // A directory that may not be written to cannot be moved: such a mode is set when it is in place.
    const staged = new Map<string, Stats>();
    for (const one of directories) {
      if (pace.due()) await pace.breathe();
      prepare(staging, one, isMovable(one.mode));
      if (!isMovable(one.mode)) staged.set(one.path, lstatSync(under(staging, one.path)));
    }
    const mover = new Mover(staging, tree, cursor, options);
    await mover.merge("");
    // Everything is in place: from here on events are let through, and nothing stops it.
    const unstopped = new Pace();
    for (const one of directories) {
      if (unstopped.due()) await unstopped.breathe();
      if (mover.merged.has(one.path)) {
        if (tree.get(one.path) !== undefined) finish(cursor.at(one.path), one);
      } else if (staged.has(one.path)) {
        cursor.expect(one.path, staged.get(one.path)!);
        finish(cursor.at(one.path), one);
      }
    }
  } finally {
    cursor.close();
  }
}

/** Moves the tree to where no destination was. */
function placeWhole(staging: Staging, tree: PlacedTree, options: PlaceOptions): void {
  const { path, name, parent } = staging.destination;
  const root = { ...(tree.root ?? implied("", staging.umask)), path: "" };
  if (isMovable(root.mode)) finish(staging.tree, root);
  try {
    rename(staging.treeEntry, parent!.entry(name));
    options.onStep?.("");
  } catch (cause) {
    const code = errnoOf(cause) ?? "";
    // Windows says of a directory that is there what it says of one that may not be written.
    const isThere = ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(code) ||
      platform().busyCodes.includes(code) && statOf(parent!, name) !== undefined;
    if (isThere) {
      throw new BlobberError("conflict", `${quote(path)} was created while the pull ran`, {
        cause,
      });
    }
    throw fileError("cannot make", path, cause);
  }
  if (isMovable(root.mode)) return;
  const cursor = new DirectoryCursor(parent!);
  try {
    cursor.expect(name, staging.tree.stat);
    finish(cursor.at(name), root);
  } finally {
    cursor.close();
  }
}

/** Merges the staged tree into the one that is there. */
class Mover {
  /** Directories that were there before. */
  readonly merged = new Set<string>();
  readonly #staging: Staging;
  readonly #tree: PlacedTree;
  readonly #cursor: DirectoryCursor;
  readonly #options: PlaceOptions;
  /** What was moved to where nothing was. */
  readonly #added: { dir: string; name: string }[] = [];

  constructor(staging: Staging, tree: PlacedTree, cursor: DirectoryCursor, options: PlaceOptions) {
    this.#staging = staging;
    this.#tree = tree;
    this.#cursor = cursor;
    this.#options = options;
  }

  async merge(dir: string): Promise<void> {
    try {
      await this.#merge(dir);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
  }

  async #merge(dir: string): Promise<void> {
    const { pace } = this.#options;
    this.#cursor.at(dir);
    const names = [...this.#tree.childrenOf(dir)].sort();
    for (const name of names) {
      if (pace.due()) await pace.breathe();
      const below = this.#place(dir, name);
      if (below !== undefined) await this.#merge(below);
    }
  }

  /** Moves something into place, or gives the path of a directory whose content is to be moved instead. */
  #place(at: string, name: string): string | undefined {
    const path = at === "" ? name : `${at}/${name}`;
    const dir = this.#cursor.at(at);
    const found = statOf(dir, name);
    const isDirectory = this.#tree.isDirectory(path);
    if (found !== undefined) {
      checkKinds(dir, path, found, isDirectory);
      if (isDirectory && found.isDirectory()) {
        this.merged.add(path);
        return path;
      }
      const { overwrite, replaceable } = this.#options;
      if (!overwrite && !(replaceable && isReplaceable(replaceable, path, found))) {
        throw exists([path]);
      }
    }
    try {
      if (found?.isDirectory()) rmdirSync(dir.entry(name)); // it is empty
      rename(under(this.#staging, path), dir.entry(name));
    } catch (cause) {
      throw fileError("cannot move into place", dir.shown(name), cause);
    }
    if (found === undefined) this.#added.push({ dir: at, name });
    this.#options.onStep?.(path);
    return undefined;
  }

  #takeBack(): void {
    // What another process has open is waited for once, and not for each of very many files.
    let move = rename;
    for (const { dir, name } of this.#added.reverse()) {
      try {
        const path = dir === "" ? name : `${dir}/${name}`;
        move(this.#cursor.at(dir).entry(name), under(this.#staging, path));
      } catch { // the error that is thrown tells more
        move = renameSync;
      }
    }
  }
}

/** All directories, children before parents, the ones that no entry names as a `mkdir` would make them. */
function directoriesOf(tree: PlacedTree, umask: number | undefined): Entry[] {
  return tree.directories().reverse().map(({ path, entry }) => entry ?? implied(path, umask));
}

function implied(path: string, umask = 0): Entry {
  return { path, type: "directory", size: 0, mode: IMPLIED_MODE & ~umask, mtime: 0 };
}

/** Gives a directory in the destination its mode and time. What is done in it changes its time: it is last. */
function finish(dir: HeldDirectory, { mode, mtime }: Entry): void {
  try {
    setTime(mtime, (time) => dir.setTime(time));
    dir.chmod(mode);
  } catch (cause) {
    throw fileError("cannot set the mode or the time of", dir.path, cause);
  }
}

/** Gives a directory in the staging directory its time and, unless that has to wait, its mode. */
function prepare(staging: Staging, { path, mode, mtime }: Entry, setsMode: boolean): void {
  const at = under(staging, path);
  try {
    setTime(mtime, (time) => utimesSync(at, time, time));
    // Most were made with the mode that they are to have.
    if (setsMode && staging.modeOf(path) !== mode && platform().hasModes) chmodSync(at, mode);
  } catch (cause) {
    throw fileError("cannot set the mode or the time of", path, cause);
  }
}

/** Not join: the path is in normal form, and there are very many. */
function under({ root }: Staging, path: string): string {
  return `${root}/${path}`;
}
