/**
 * Files that an earlier update of the same directory found to be right, and what tells that they have not changed
 * since: size, times and inode. What is trusted so is not read, so it is for those alone who ask for it.
 *
 * Times tell nothing about a file that changed in the moment in which it was looked at. So one that had changed
 * within two seconds before it was recorded is not trusted, as long as clocks and file systems count so.
 *
 * @module
 */

import type { TrustedStamp } from "../../archive/compare/compare_parts.ts";
import type { KnownParts } from "../../archive/compare/expected.ts";
import type { Expected } from "../../archive/compare/finding.ts";
import { digestOf, hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { StateDirectory } from "../../stores/state/state_directory.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { FileStat } from "../../system/runtime.ts";

/** What a file was, and the digest of its content. */
type Stamp = Omit<FileStat, "type" | "mode">;

/** The version of the record's form. */
const VERSION = 1;
/** Milliseconds within which a further change may show no other time. */
const UNTOLD_MS = 2_000;
/** Digits of a content's digest that are kept: 128 bits. */
const KEY_DIGITS = 32;
/** Fields of each file in the record. */
const FIELDS = 6;

/** The record of one directory. */
export class TrustedFiles {
  readonly #state: StateDirectory;
  readonly #dir: HeldDirectory;
  readonly #known: ReadonlyMap<string, Stamp & { key: string }>;
  readonly #right: (string | number)[] = [];
  readonly #began: number;

  /**
   * Reads the record. One that is damaged, or of another directory that had the same path, is none.
   *
   * @param dir the destination
   * @param now milliseconds since 1970
   */
  constructor(state: StateDirectory, dir: HeldDirectory, now: number = Date.now()) {
    this.#began = now;
    this.#state = state;
    this.#dir = dir;
    this.#known = state.readJson("pulled", dir.path, (value) => filesOf(value, dir)) ?? new Map();
  }

  /** What a file was when it had the content that is expected. */
  trusted(
    { entry: { path } }: Expected,
    parts: KnownParts,
  ): TrustedStamp & { size: number } | undefined {
    const known = this.#known.get(path);
    return known?.key === keyOf(parts) ? known : undefined;
  }

  /** Notes a file whose content is right. */
  note({ entry: { path } }: Expected, parts: KnownParts, stamp: Stamp): void {
    const { size, mtime, ctime, inode } = stamp;
    if ((ctime || mtime) > this.#began - UNTOLD_MS) return;
    this.#right.push(path, keyOf(parts), size, mtime, ctime, inode);
  }

  /** Writes the record of what was noted. */
  save(): void {
    const { dev, ino } = this.#dir.stat;
    const record = { version: VERSION, dev, ino, files: this.#right };
    this.#state.write("pulled", this.#dir.path, record);
  }
}

/** What stands for a content, by the digests of its chunks. */
function keyOf({ hexes }: KnownParts): string {
  return (hexes.length === 64 ? hexes : hexOf(digestOf(hexes))).slice(0, KEY_DIGITS);
}

function filesOf(value: unknown, { stat }: HeldDirectory): Map<string, Stamp & { key: string }> {
  const { version, dev, ino, files } = Object(value) as Record<string, unknown>;
  const found = new Map<string, Stamp & { key: string }>();
  if (dev !== stat.dev || ino !== stat.ino) return found;
  if (version !== VERSION || !Array.isArray(files) || files.length % FIELDS !== 0) throw invalid();
  for (let i = 0; i < files.length; i += FIELDS) {
    const [path, key, ...numbers] = files.slice(i, i + FIELDS) as unknown[];
    if (typeof path !== "string" || typeof key !== "string") throw invalid();
    if (!numbers.every((one) => typeof one === "number" && Number.isFinite(one))) throw invalid();
    const [size, mtime, ctime, inode] = numbers as [number, number, number, number];
    found.set(path, { key, size, mtime, ctime, inode });
  }
  return found;
}

function invalid(): BlobberError {
  return new BlobberError("integrity", "the record of a pull has another form");
}
