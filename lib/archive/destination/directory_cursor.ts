/**
 * Goes from directory to directory below one that is held, and never through a link. A directory that was
 * visited must be the same one when it is visited again: another user may have put one in its place.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import {
  type FileIdentity,
  type HeldDirectory,
  isNoDirectory,
  isSame,
} from "../../system/held_directory.ts";
import { quote } from "../../text/printable.ts";
import { fileError } from "../../system/system_error.ts";

/** Where in a tree of directories one is. All directories from the root to there are held. */
export class DirectoryCursor {
  readonly #root: HeldDirectory;
  /** Directories from the root to here, without the root. */
  readonly #way: { name: string; dir: HeldDirectory }[] = [];
  readonly #known = new Map<string, FileIdentity>();
  #here = "";

  /** @param root stays the caller's */
  constructor(root: HeldDirectory) {
    this.#root = root;
  }

  /**
   * Goes to a directory.
   *
   * @param path below the root, with slashes
   * @returns the directory, held until the cursor goes elsewhere
   * @throws {BlobberError} `conflict` when it is a link, or not the directory that it was before
   */
  at(path: string): HeldDirectory {
    if (path !== this.#here) this.#go(path);
    return this.#way.at(-1)?.dir ?? this.#root;
  }

  /** Says which directory is to be found at a path. */
  expect(path: string, { dev, ino }: FileIdentity): void {
    this.#known.set(path, { dev, ino });
  }

  /** Lets all directories go. */
  close(): void {
    this.#leave(0);
  }

  #go(path: string): void {
    const names = path === "" ? [] : path.split("/");
    let same = 0;
    while (same < names.length && this.#way[same]?.name === names[same]) same++;
    this.#leave(same);
    let dir = this.#way.at(-1)?.dir ?? this.#root;
    for (const name of names.slice(same)) {
      const next = open(dir, name);
      dir = next;
      this.#way.push({ name, dir });
      this.#here = this.#way.map((one) => one.name).join("/");
      this.#check(dir);
    }
  }

  #check({ path, stat }: HeldDirectory): void {
    const known = this.#known.get(this.#here);
    if (known === undefined) this.expect(this.#here, stat);
    else if (!isSame(known, stat)) throw swapped(path);
  }

  #leave(keep: number): void {
    for (const { dir } of this.#way.splice(keep)) dir.close();
    this.#here = this.#way.map((one) => one.name).join("/");
  }
}

function open(dir: HeldDirectory, name: string): HeldDirectory {
  try {
    return dir.open(name);
  } catch (cause) {
    if (isNoDirectory(cause)) throw swapped(dir.shown(name));
    throw fileError("cannot use", dir.shown(name), cause);
  }
}

function swapped(path: string): BlobberError {
  return new BlobberError(
    "conflict",
    `${quote(path)} was a directory, and another one or a link was put in its place`,
    { hint: "find out who did that; links below the destination are not followed" },
  );
}
