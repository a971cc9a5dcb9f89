/**
 * Who holds a directory: each pull claims its destination by the name of its staging directory, made in
 * one step, and takes over from processes that are no more.
 *
 * The names lie where other users may make some too. What another user made is no claim; and as another
 * user may give a private directory of ours the name of a claim, a claim holds a file of its own name, and
 * nothing is removed from a directory that does not.
 *
 * @module
 */

import {
  closeSync,
  fstatSync,
  mkdirSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { digestOf, hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { readBounded } from "../../system/files.ts";
import { type HeldDirectory, isSame } from "../../system/held_directory.ts";
import {
  CLAIM_RENEW_MS,
  CLAIM_STALE_MS,
  MAX_CLAIM_NOTE_BYTES,
  MAX_CLAIM_TRIES,
} from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { isAlive, ownedName, ownerOf } from "../../system/process_identity.ts";
import { fileError } from "../../system/system_error.ts";
import { openNew } from "./new_file.ts";
import { removeContent } from "./remove_content.ts";

/** Where the artifact is unpacked. */
const TREE = "tree";

// Behind the process: the destination, and what tells one claim from another.
const NAME = /^\.(blobber-[0-9a-z-]+-([0-9a-f]{8})[0-9a-f]{12})$/;

/** Whether a name in a directory is that of a claim, living or dead. */
export function isClaimName(name: string): boolean {
  return ownerOf(NAME.exec(name)?.[1] ?? "") !== undefined;
}

/** A staging directory that no living process holds. */
interface Left {
  parent: HeldDirectory;
  name: string;
  dir: HeldDirectory;
  /** Whether it holds what shows that it is a claim of that name. */
  marked: boolean;
}

/** A destination that is ours until the claim is given up. */
export class Claim {
  /** The staging directory, which is the claim. */
  readonly dir: HeldDirectory;
  /** The directory in it where the artifact is unpacked. */
  readonly tree: HeldDirectory;
  /** What dead processes left for the same destination. */
  readonly left: Left[] = [];
  readonly #parent: HeldDirectory;
  readonly #name: string;
  readonly #key: string;
  /** The file that shows what the directory is. */
  readonly #marker: number;
  #renewing: ReturnType<typeof setInterval> | undefined;

  /**
   * Makes the directory, without a look at others.
   *
   * @throws {BlobberError} `file-system`; `conflict` when what was made is not what is there
   */
  private constructor(parent: HeldDirectory, key: string) {
    const name = `.${ownedName(key + randomBytes(6).toString("hex"))}`;
    this.#parent = parent;
    this.#name = name;
    this.#key = key;
    try {
      mkdirSync(parent.entry(name), { mode: 0o700 });
    } catch (cause) {
      throw fileError("cannot make the staging directory", parent.shown(name), cause);
    }
    try {
      this.dir = parent.open(name);
    } catch (cause) {
      throw fileError("cannot use the staging directory", parent.shown(name), cause);
    }
    let marker: number | undefined;
    let tree: HeldDirectory | undefined;
    try {
      if (this.dir.names().length > 0) throw replaced(this.dir);
      marker = openNew(this.dir.entry(name), 0o600);
      mkdirSync(this.dir.entry(TREE), { mode: 0o700 });
      tree = this.dir.open(TREE);
      // To whom new files belong, and which modes they get, is the file system's to say: FAT, NFS.
      const isOurs = fstatSync(marker).uid === this.dir.stat.uid;
      if (!isOurs || tree.stat.mode !== this.dir.stat.mode) throw replaced(this.dir);
    } catch (cause) {
      if (marker !== undefined) closeSync(marker);
      tree?.close();
      takeBack(parent, this.dir, name);
      throw fileError("cannot use the staging directory", this.dir.path, cause);
    }
    this.#marker = marker;
    this.tree = tree;
  }

  /**
   * Claims a destination.
   *
   * @param parent where the staging directory is made
   * @param name the destination's name
   * @param destination what is claimed, for messages
   * @throws {BlobberError} `busy` when a living process holds it, `file-system`
   */
  static async make(parent: HeldDirectory, name: string, destination: string): Promise<Claim> {
    for (let tries = 1;; tries++) {
      const claim = new Claim(parent, keyOf(name));
      const holder = claim.#lookAround(parent);
      if (holder === undefined) {
        claim.#renewing = setInterval(() => claim.renew(), CLAIM_RENEW_MS);
        return claim;
      }
      await claim.giveUp();
      if (tries === MAX_CLAIM_TRIES) {
        throw new BlobberError(
          "busy",
          `another pull (process ${holder.pid}) is writing to ${quote(destination)}`,
          {
            hint: "wait until it has ended, or pull into another directory; " +
              `where it runs on another machine and is gone, remove ${quote(holder.path)}`,
          },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    }
  }

  /** Notes what dead processes left for the same destination in another directory too. */
  lookInto(parent: HeldDirectory): void {
    try {
      this.#lookAround(parent);
    } catch { // not ours to look into
    }
  }

  /** Leaves a note in the directory, which outlives the process. */
  note(name: string, text: string): void {
    const fd = openNew(this.dir.entry(name), 0o600);
    try {
      writeSync(fd, new TextEncoder().encode(text));
    } finally {
      closeSync(fd);
    }
  }

  /** Whether a dead process left a note that says this. */
  wasNoted(name: string, text: string): boolean {
    return this.left.some(({ dir, marked }) => marked && noteIn(dir, name) === text);
  }

  /** Removes what dead processes left. */
  async clear(): Promise<void> {
    for (const one of this.left.splice(0)) await remove(one);
  }

  /** Shows that its process lives, to those that cannot look the process up. */
  renew(): void {
    try {
      writeSync(this.#marker, "\n", 0);
    } catch { // a full disk: the claim is as old as it is
    }
  }

  /** Removes the directory with everything in it. */
  async giveUp(): Promise<void> {
    clearInterval(this.#renewing);
    closeSync(this.#marker);
    this.tree.close();
    for (const { dir } of this.left) dir.close();
    await remove({ parent: this.#parent, name: this.#name, dir: this.dir, marked: true });
  }

  /** Sorts other claims of the destination into living, of which it gives one, and dead. */
  #lookAround(parent: HeldDirectory): { pid: number; path: string } | undefined {
    for (const name of parent.names()) {
      const [, owned, key] = NAME.exec(name) ?? [];
      const owner = owned === undefined ? undefined : ownerOf(owned);
      if (owner === undefined || key !== this.#key || name === this.#name) continue;
      const dir = this.#openOurs(parent, name);
      if (dir === undefined) continue;
      const marker = dir.look(name);
      const marked = marker?.isFile() === true && this.#isOurs(marker);
      if (isAlive(owner) ?? this.#isRecent(marked ? marker : dir.stat)) {
        dir.close();
        return { pid: owner.pid, path: dir.path };
      }
      this.left.push({ parent, name, dir, marked });
    }
    return undefined;
  }

  /** Opens a directory that a process of this user made as this one was made. */
  #openOurs(parent: HeldDirectory, name: string): HeldDirectory | undefined {
    let dir: HeldDirectory;
    try {
      dir = parent.open(name);
    } catch { // a link, a file, gone meanwhile, or not for us
      return undefined;
    }
    if (this.#isOurs(dir.stat) && dir.stat.mode === this.dir.stat.mode) return dir;
    dir.close();
    return undefined;
  }

  #isOurs({ uid }: Stats): boolean {
    return uid === this.dir.stat.uid;
  }

  /** Whether a process that cannot be looked up was alive a short time ago, by the file system's clock. */
  #isRecent({ mtimeMs }: Stats): boolean {
    this.renew();
    return fstatSync(this.#marker).mtimeMs - mtimeMs < CLAIM_STALE_MS;
  }
}

function keyOf(name: string): string {
  return hexOf(digestOf(name)).slice(0, 8);
}

function noteIn(dir: HeldDirectory, name: string): string | undefined {
  try {
    const bytes = readBounded(dir.entry(name), MAX_CLAIM_NOTE_BYTES);
    return bytes && new TextDecoder().decode(bytes);
  } catch { // no regular file, or too large: not made by us
    return undefined;
  }
}

/** Removes a staging directory; what cannot be removed stays, and the next run tries again. */
async function remove({ parent, name, dir, marked }: Left): Promise<void> {
  try {
    // The name goes first from sight and last from the directory: a kill in between leaves a claim.
    if (marked) {
      await removeContent(dir, name);
      unlinkSync(dir.entry(name));
    }
    const there = parent.look(name);
    if (there !== undefined && isSame(there, dir.stat)) rmdirSync(parent.entry(name));
  } catch { // it is not empty, or a file system that went away
  } finally {
    dir.close();
  }
}

/** Removes a staging directory that was just made, as far as that was done. */
function takeBack(parent: HeldDirectory, dir: HeldDirectory, name: string): void {
  const steps = [
    () => rmdirSync(dir.entry(TREE)),
    () => unlinkSync(dir.entry(name)),
    () => rmdirSync(parent.entry(name)),
  ];
  for (const step of steps) {
    try {
      step();
    } catch { // it was not made, or it is not ours
    }
  }
  dir.close();
}

function replaced(dir: HeldDirectory): BlobberError {
  return new BlobberError(
    "conflict",
    `the staging directory ${quote(dir.path)} was replaced by another user as it was made`,
    { hint: "pull into a directory that only you can change" },
  );
}
