/**
 * The private directory in which an artifact is unpacked before anything of it is seen: inside the
 * destination when that exists, beside it when it does not, so that moving into place is a rename.
 *
 * While files are written there is no link in it, so nothing can be written through one; links are made
 * last (GHSA-m37j-52j7-pjw7).
 *
 * @module
 */

import { linkSync, lstatSync, lutimesSync, mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Entry } from "../entry.ts";
import { Claim } from "./claims.ts";
import type { Destination } from "./destination.ts";
import { setTime } from "./file_time.ts";
import type { NameFolding } from "../../system/platform.ts";
import { fileError } from "../../system/system_error.ts";
import { makeLink } from "./make_link.ts";
import { placeError } from "./new_file.ts";
import { probe } from "./probe.ts";
import type { FileRoot } from "./staged_file.ts";

/** Says, in a staging directory, that its content was being moved into place, and of which artifact. */
const JOURNAL = "placing";

/** Permission bits of a directory that may be filled, renamed, and have its entries renamed away. */
const MOVABLE = 0o300;

/** Whether a directory with this mode can be filled and moved. */
export function isMovable(mode: number): boolean {
  return (mode & MOVABLE) === MOVABLE;
}

/** A staging directory. */
export class Staging implements FileRoot {
  /** How the system is told where the artifact is unpacked. */
  readonly root: string;
  readonly destination: Destination;
  /** Whether a run that was killed had begun to move this very artifact into place. */
  readonly resumes: boolean;
  readonly umask: number | undefined;
  /** Which names are one in it. */
  readonly folds: NameFolding;
  readonly #claim: Claim;
  readonly #artifact: string;
  /** Whether new directories get bits from the one above that are no permissions: the set-group-ID bit. */
  readonly #inherits: boolean;
  /** Of each directory that was made. */
  readonly #modes = new Map<string, number>();
  #noted = false;

  private constructor(
    claim: Claim,
    destination: Destination,
    { artifact, resumes }: { artifact: string; resumes: boolean },
  ) {
    this.#claim = claim;
    this.destination = destination;
    this.#artifact = artifact;
    this.resumes = resumes;
    this.root = claim.tree.atOrPath;
    this.#inherits = (claim.tree.stat.mode & 0o7000) !== 0;
    ({ umask: this.umask, folds: this.folds } = probe(claim.dir));
  }

  /**
   * Makes one, and removes what dead processes left.
   *
   * @param destination where the artifact goes
   * @param artifact what is unpacked; a run that was killed while it placed the same is completed
   * @throws {BlobberError} `busy`, `file-system`
   */
  static async open(destination: Destination, artifact: string): Promise<Staging> {
    let claim: Claim | undefined;
    try {
      destination.makeParents();
      const parent = destination.dir ?? destination.parent!;
      claim = await Claim.make(parent, destination.name, destination.path);
      // A run that was killed when the destination had just come to be left its staging beside it.
      if (destination.exists && destination.parent) claim.lookInto(destination.parent);
      const resumes = claim.wasNoted(JOURNAL, artifact);
      const staging = new Staging(claim, destination, { artifact, resumes });
      // Said here before the other record of it goes: this run may be killed too.
      if (resumes) staging.beginPlacing();
      await claim.clear();
      return staging;
    } catch (cause) {
      await claim?.giveUp();
      destination.removeParents();
      throw fileError("cannot use", destination.path, cause);
    }
  }

  /** The directory where the artifact is unpacked. */
  get tree(): HeldDirectory {
    return this.#claim.tree;
  }

  /** Notes that moving into place begins. */
  beginPlacing(): void {
    if (!this.#noted) this.#claim.note(JOURNAL, this.#artifact);
    this.#noted = true;
  }

  /** How the system is told the directory where the artifact is unpacked, by its name. */
  get treeEntry(): string {
    return this.#claim.dir.entry("tree");
  }

  /**
   * Makes a directory. What is above all of them is for this process only, so it may have its own mode, if
   * that is one under which it can be filled and moved.
   *
   * @param mode permission bits; those of the umask are taken away
   */
  directory(path: string, mode: number): void {
    const made = isMovable(mode) ? mode & ~(this.umask ?? 0) : 0o700;
    this.#do("cannot make the directory", path, (at) => mkdirSync(at, { mode: made }));
    if (!this.#inherits) this.#modes.set(path, made);
  }

  /** The mode that a directory was made with, where it is certain. */
  modeOf(path: string): number | undefined {
    return this.#modes.get(path);
  }

  /**
   * Makes a symbolic link.
   *
   * @param toDirectory whether it leads to a directory of the tree, which some systems want to know
   */
  link(entry: Entry, toDirectory: boolean): void {
    this.#do("cannot make the link", entry.path, (at) => {
      makeLink(entry.linkTarget!, at, { toDirectory, path: entry.path });
      setTime(entry.mtime, (time) => lutimesSync(at, time, time));
    });
  }

  /** Makes a hard link to a file that is already there. */
  hardlink(entry: Entry): void {
    const target = `${this.root}/${entry.linkTarget!}`;
    this.#do("cannot make the hard link", entry.path, (at) => linkSync(target, at));
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
    await this.#claim.giveUp();
    if (!placed) this.destination.removeParents();
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
