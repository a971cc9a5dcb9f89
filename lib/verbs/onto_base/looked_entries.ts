/**
 * The entries of a tree that is pushed onto a base, in the order of a walk. All of them are kept until it is known
 * what goes on top, so they stand in columns and become objects on demand.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { FileStamp } from "../../archive/input/source_file.ts";
import { grown } from "../../archive/table/columns.ts";
import { toHex } from "../../bytes.ts";

/** The kinds of entry, by the numbers that stand for them. */
const TYPES = ["file", "directory", "symlink", "hardlink", "char", "block", "fifo"] as const;
const DIRECTORY = TYPES.indexOf("directory");
const DIGEST_BYTES = 32;
const FIRST_ROOM = 4096;
/** Numbers of an entry: size, time as it is packed, and what the file is on the disk. */
const NUMBERS = 5;

/** Entries by their numbers, from 0. */
export class LookedEntries {
  readonly #paths: string[] = [];
  readonly #numberOf = new Map<string, number>();
  readonly #targets = new Map<number, string>();
  #types = new Uint8Array(FIRST_ROOM);
  #modes = new Uint16Array(FIRST_ROOM);
  #cutSo = new Uint8Array(FIRST_ROOM);
  #numbers = new Float64Array(FIRST_ROOM * NUMBERS);
  #digests = new Uint8Array(FIRST_ROOM * DIGEST_BYTES);
  /** What stands before a path in the name of its file. */
  #root = "";

  /** How many there are. */
  get length(): number {
    return this.#paths.length;
  }

  /**
   * Adds an entry.
   *
   * @param entry as it is packed
   * @param file where it is: below the root of all
   * @param stamp what the walk saw
   * @returns its number
   */
  add(
    { path, type, mode, size, mtime, linkTarget }: Entry,
    file: string,
    stamp: FileStamp,
  ): number {
    const i = this.#paths.length;
    if (i === 0) this.#root = file.slice(0, -path.length);
    if (i === this.#types.length) this.#grow();
    this.#paths.push(path);
    this.#numberOf.set(path, i);
    this.#types[i] = TYPES.indexOf(type);
    this.#modes[i] = mode;
    this.#numbers.set([size, mtime, stamp.mtime, stamp.ctime, stamp.inode], i * NUMBERS);
    if (linkTarget !== undefined) this.#targets.set(i, linkTarget);
    return i;
  }

  /**
   * Notes what was found of a file.
   *
   * @param hex its SHA-256
   * @param isCutSo whether it has the chunks that the base has of it, where those are several
   */
  found(i: number, hex: string, isCutSo: boolean): void {
    for (let at = 0; at < DIGEST_BYTES; at++) {
      this.#digests[i * DIGEST_BYTES + at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
    }
    this.#cutSo[i] = isCutSo ? 1 : 0;
  }

  /** Whether there is an entry at a path. */
  has(path: string): boolean {
    return this.#numberOf.has(path);
  }

  /** The number of the entry at a path, which there is. */
  at(path: string): number {
    return this.#numberOf.get(path)!;
  }

  /** Whether a path is a directory's. */
  isDirectory(path: string): boolean {
    const i = this.#numberOf.get(path);
    return i !== undefined && this.#types[i] === DIRECTORY;
  }

  /** Path of an entry. */
  path(i: number): string {
    return this.#paths[i]!;
  }

  /** What it is. */
  type(i: number): Entry["type"] {
    return TYPES[this.#types[i]!]!;
  }

  /** Its permission bits. */
  mode(i: number): number {
    return this.#modes[i]!;
  }

  /** Its bytes. */
  size(i: number): number {
    return this.#numbers[i * NUMBERS]!;
  }

  /** Its time, as it is packed. */
  mtime(i: number): number {
    return this.#numbers[i * NUMBERS + 1]!;
  }

  /** Target of a link. */
  linkTarget(i: number): string | undefined {
    return this.#targets.get(i);
  }

  /** SHA-256 of a file. */
  hex(i: number): string {
    return toHex(this.#digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES));
  }

  /** Whether a file has the chunks that the base has of it. */
  isCutSo(i: number): boolean {
    return this.#cutSo[i] === 1;
  }

  /** The entry. Made anew each time. */
  entry(i: number): Entry {
    const linkTarget = this.#targets.get(i);
    return {
      path: this.#paths[i]!,
      type: this.type(i),
      size: this.size(i),
      mode: this.mode(i),
      mtime: this.mtime(i),
      ...linkTarget !== undefined && { linkTarget },
    };
  }

  /** Where its file is. */
  file(i: number): string {
    return this.#root + this.#paths[i]!;
  }

  /** What the walk saw of its file. */
  stamp(i: number): FileStamp {
    const [size, , mtime, ctime, inode] = this.#numbers.subarray(i * NUMBERS, (i + 1) * NUMBERS);
    return { size: size!, mtime: mtime!, ctime: ctime!, inode: inode! };
  }

  #grow(): void {
    const room = this.#types.length * 2;
    this.#types = grown(this.#types, new Uint8Array(room));
    this.#modes = grown(this.#modes, new Uint16Array(room));
    this.#cutSo = grown(this.#cutSo, new Uint8Array(room));
    this.#numbers = grown(this.#numbers, new Float64Array(room * NUMBERS));
    this.#digests = grown(this.#digests, new Uint8Array(room * DIGEST_BYTES));
  }
}
