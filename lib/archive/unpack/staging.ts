/**
 * The private directory in which an artifact is unpacked before anything of it is seen: inside the
 * destination when that exists, beside it when it does not, so that moving into place is a rename.
 *
 * While files are written there is no link in it, so nothing can be written through one; links are made
 * last (GHSA-m37j-52j7-pjw7).
 *
 * @module
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import { claim, leftBehind } from "./claims.ts";
import type { Entry } from "../entry.ts";
import { errnoOf, fileSystemError } from "../fs_error.ts";
import { setTime } from "./file_time.ts";
import { openNew, placeError } from "./new_file.ts";
import { removeAll } from "./remove_all.ts";

/** Says, in a staging directory, that its content was being moved into place, and of which artifact. */
const JOURNAL = "placing";

/** Where an artifact goes. */
export interface Destination {
  /** Absolute, without links. */
  path: string;
  exists: boolean;
}

/**
 * Looks at a destination.
 *
 * @param dir as the user wrote it; it may be a link to a directory
 * @throws {BlobberError} `conflict` when it is something else
 */
export function findDestination(dir: string): Destination {
  const path = resolve(dir);
  try {
    if (!statSync(path).isDirectory()) {
      throw new BlobberError("conflict", `${quote(dir)} is no directory, expected one or nothing`);
    }
    return { path: realpathSync(path), exists: true };
  } catch (cause) {
    if (errnoOf(cause) !== "ENOENT") throw fileSystemError("cannot use", dir, cause);
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    throw new BlobberError("conflict", `${quote(dir)} is a link to nothing, expected a directory`);
  }
  return { path, exists: false };
}

/** Permission bits of a directory that may be filled, renamed, and have its entries renamed away. */
const MOVABLE = 0o300;

/** Whether a directory with this mode can be filled and moved. */
export function isMovable(mode: number): boolean {
  return (mode & MOVABLE) === MOVABLE;
}

/** A staging directory. */
export class Staging {
  /** Where the artifact is unpacked. */
  readonly root: string;
  readonly destination: Destination;
  /** Whether a run that was killed had begun to move this very artifact into place. */
  readonly resumes: boolean;
  /** Permission bits that this process's new files do not get. */
  readonly umask: number;
  readonly #path: string;
  /** Whether new directories get bits from the one above that are no permissions: the set-group-ID bit. */
  readonly #inherits: boolean;
  /** Of each directory that was made. */
  readonly #modes = new Map<string, number>();
  readonly #madeParents: string | undefined;

  private constructor(
    path: string,
    destination: Destination,
    resumes: boolean,
    madeParents: string | undefined,
  ) {
    this.#path = path;
    this.destination = destination;
    this.resumes = resumes;
    this.#madeParents = madeParents;
    this.root = join(path, "tree");
    mkdirSync(this.root, { mode: 0o700 });
    this.#inherits = (lstatSync(this.root).mode & 0o7000) !== 0;
    this.umask = probeUmask(join(path, "probe"));
  }

  /**
   * Makes one, and removes what dead processes left.
   *
   * @param destination where the artifact goes
   * @param artifact what is unpacked; a run that was killed while it placed the same is completed
   * @throws {BlobberError} `busy`, `file-system`
   */
  static async open(destination: Destination, artifact: string): Promise<Staging> {
    const parent = destination.exists ? destination.path : dirname(destination.path);
    let made: string | undefined;
    try {
      if (!destination.exists) made = mkdirSync(parent, { recursive: true });
    } catch (cause) {
      throw fileSystemError("cannot make the directory", parent, cause);
    }
    const { path, left } = await claim(parent, destination.path);
    // A run that was killed when the destination had just come to be left its staging beside it.
    if (destination.exists) left.push(...leftBehind(dirname(destination.path), destination.path));
    try {
      const resumes = left.some((dir) => journalOf(dir) === artifact);
      // Said here before the other record of it goes: this run may be killed too.
      if (resumes) writeFileSync(join(path, JOURNAL), artifact);
      for (const dir of left) await removeAll(dir);
      return new Staging(path, destination, resumes, made);
    } catch (cause) {
      await removeAll(path);
      throw fileSystemError("cannot use", parent, cause);
    }
  }

  /** Notes that moving into place begins. */
  beginPlacing(artifact: string): void {
    writeFileSync(join(this.#path, JOURNAL), artifact);
  }

  /**
   * Makes a directory. What is above all of them is for this process only, so it may have its own mode, if
   * that is one under which it can be filled and moved.
   *
   * @param mode permission bits; those of the umask are taken away
   */
  directory(path: string, mode: number): void {
    const made = isMovable(mode) ? mode & ~this.umask : 0o700;
    this.#do("cannot make the directory", path, (at) => mkdirSync(at, { mode: made }));
    if (!this.#inherits) this.#modes.set(path, made);
  }

  /** The mode that a directory was made with, where it is certain. */
  modeOf(path: string): number | undefined {
    return this.#modes.get(path);
  }

  /** Makes an empty file whose content comes in parts. */
  file(path: string): void {
    this.#do("cannot make the file", path, (at) => closeSync(openNew(at, 0o600)));
  }

  /** Makes a symbolic link. */
  link(entry: Entry): void {
    this.#do("cannot make the link", entry.path, (at) => {
      symlinkSync(entry.linkTarget!, at);
      setTime(entry.mtime, (time) => lutimesSync(at, time, time));
    });
  }

  /** Makes a hard link to a file that is already there. */
  hardlink(entry: Entry): void {
    const target = join(this.root, entry.linkTarget!);
    this.#do("cannot make the hard link", entry.path, (at) => linkSync(target, at));
  }

  /** Gives a file that came in parts its mode and time. */
  finishFile(entry: Entry): void {
    this.#do("cannot set the mode of", entry.path, (at) => {
      const fd = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        fchmodSync(fd, entry.mode);
      } finally {
        closeSync(fd);
      }
      setTime(entry.mtime, (time) => utimesSync(at, time, time));
    });
  }

  /** Removes what an earlier layer put there. */
  remove(path: string): void {
    this.#do("cannot remove", path, (at) => {
      const found = lstatSync(at, { throwIfNoEntry: false });
      if (found?.isDirectory()) rmdirSync(at);
      else if (found !== undefined) unlinkSync(at);
    });
  }

  /** Removes the staging directory and, when the destination was never made, parents made for it. */
  async close(placed: boolean): Promise<void> {
    await removeAll(this.#path);
    if (placed || this.#madeParents === undefined) return;
    let at = dirname(this.destination.path);
    try {
      for (;; at = dirname(at)) {
        rmdirSync(at);
        if (at === this.#madeParents) return;
      }
    } catch { // somebody else uses it now
    }
  }

  #do(what: string, path: string, action: (at: string) => void): void {
    try {
      // Not join: the path is in normal form, and this is done for each of very many.
      action(`${this.root}/${path}`);
    } catch (cause) {
      throw placeError(what, path, cause);
    }
  }
}

function probeUmask(path: string): number {
  const fd = openNew(path, 0o777);
  try {
    return 0o777 & ~fstatSync(fd).mode;
  } finally {
    closeSync(fd);
    unlinkSync(path);
  }
}

function journalOf(dir: string): string | undefined {
  try {
    return readFileSync(join(dir, JOURNAL), "utf8").slice(0, 200);
  } catch {
    return undefined;
  }
}
