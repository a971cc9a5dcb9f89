/**
 * A digest of how the files of a tree lie on the disk, by which a tree is known to be untouched since its
 * contents were hashed. The rule is that of git's index, for the tree as a whole.
 *
 * Every write to a file, and every change of its times, moves its ctime, which no program can set. So a file of
 * the same size, mtime, ctime and number holds what it held, with one exception: clocks tick, and what is
 * written in the tick of the hashing leaves no mark. Such stamps are "racy" and not remembered: all times
 * must be older, by a margin, than the moment from which on the files were read.
 *
 * As with git, this trusts the kernel to keep ctimes: a change by a user who turns back its clock, or
 * through a memory map that was dirty before, is not seen.
 *
 * @module
 */

import { realpathSync, statSync } from "node:fs";
import { type Digest, Digester } from "../../digest.ts";
import type { FileStat } from "../../system/runtime.ts";
import { readError } from "./source_file.ts";

/** Milliseconds that times must be older: the coarsest clock of a file system, FAT's, ticks every 2 s. */
const RACY_MS = 2000;
/** Characters that are hashed at a time. */
const PIECE = 64 * 1024;

const encoder = new TextEncoder();

/** Stamps of a tree, fit to be remembered. */
export interface Stamps {
  digest: Digest;
  /** The latest time of a file, in milliseconds since 1970. */
  newest: number;
}

/** Takes what a walk saw of each entry, in the order of the archive. */
export class StampDigest {
  readonly #digester = new Digester();
  #text: string;
  #newest = 0;
  #usable = true;

  /**
   * @param root the tree's directory: the same stamps elsewhere are others
   * @throws {BlobberError} `source-changed`, `file-system`
   */
  constructor(root: string) {
    try {
      const path = realpathSync(root);
      const { dev, ino } = statSync(path, { bigint: true });
      this.#text = `${JSON.stringify(path)} ${dev} ${ino}\n`;
    } catch (cause) {
      throw readError(root, cause);
    }
  }

  /** Adds an entry. Names, and what is no file, are for the digest of the tree. */
  add({ type, size, mtime, ctime, inode }: FileStat): void {
    if (type !== "file") return;
    this.#newest = Math.max(this.#newest, mtime, ctime);
    // Some file systems know neither.
    if (ctime === 0 || inode === 0) this.#usable = false;
    this.#text += `${size} ${mtime} ${ctime} ${inode}\n`;
    if (this.#text.length >= PIECE) this.#flush();
  }

  /**
   * The stamps of all that was added. Call it once.
   *
   * @param since when the files began to be read, in milliseconds since 1970
   * @returns nothing where a change could have gone unseen
   */
  stamps(since: number): Stamps | undefined {
    this.#flush();
    const digest = this.#digester.digest();
    if (!this.#usable || this.#newest > since - RACY_MS) return undefined;
    return { digest, newest: this.#newest };
  }

  #flush(): void {
    this.#digester.update(encoder.encode(this.#text));
    this.#text = "";
  }
}
