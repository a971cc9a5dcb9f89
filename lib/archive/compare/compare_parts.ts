/**
 * Files on their way to a thread that compares them, and what it found: strings and arrays of numbers. As
 * objects, tens of thousands of them take longer to send than to read.
 *
 * @module
 */

import type { FileStat } from "../../system/runtime.ts";
import type { KnownParts } from "./expected.ts";

/** What tells a file that was looked at before from another, and from itself at another time. */
export type TrustedStamp = Pick<FileStat, "mtime" | "ctime" | "inode">;

/** A file, or chunks of one that follow each other. */
export interface ComparedPart extends KnownParts {
  path: string;
  /** Bytes of the whole file. */
  fileSize: number;
  /** Where in the file the first chunk begins. */
  from: number;
  /** What it was when its content was known to be right; then it is not read. */
  trusted?: TrustedStamp | undefined;
}

/** Many of them. */
export interface ComparedParts {
  /** Each path, and NUL behind it, which no path holds. */
  paths: string;
  /** Digests of all chunks, one behind the other. */
  hexes: string;
  /** {@linkcode FIELDS} numbers for each part, and the sizes of its chunks. */
  numbers: ArrayBuffer;
}

/** What can be found at a path; `same` and `content` of files alone. */
export const VERDICTS = [
  "same",
  "content",
  "missing",
  "directory",
  "symlink",
  "other",
  "unreadable",
] as const;

/** One of {@linkcode VERDICTS}. */
export type PartVerdict = typeof VERDICTS[number];

/** What was found at the path of a part. */
export interface PartFound {
  verdict: PartVerdict;
  stat: Omit<FileStat, "type">;
  /** Of a part that differs: which of its chunks are right, counted from its first. */
  right: readonly number[];
}

/** Many of them, in the order of the parts. */
export interface PartsFound {
  /** {@linkcode FOUND_FIELDS} numbers for each. */
  numbers: ArrayBuffer;
  /** Of each part that differs: how many chunks are right, and which. */
  right: number[];
}

/** Numbers for each part: file size, from, chunks, mtime, ctime and inode that are trusted (else not a number). */
const FIELDS = 6;
/** Numbers for each part: verdict, size, mode, mtime, ctime, inode. */
const FOUND_FIELDS = 6;
/** Hexadecimal digits of a digest. */
const HEX = 64;
const NONE: readonly number[] = [];

/** Makes {@linkcode ComparedParts} of parts that are added one by one. */
export class ComparedPartsWriter {
  #paths = "";
  #hexes = "";
  readonly #numbers: number[] = [];

  /**
   * Adds a part.
   *
   * @param file whose part it is
   * @param part which of its chunks
   */
  add({ path, fileSize, trusted }: Omit<ComparedPart, "from" | keyof KnownParts>, part: {
    from: number;
    sizes: readonly number[];
    hexes: string;
  }): void {
    const { from, sizes, hexes } = part;
    this.#paths += `${path}\0`;
    this.#hexes += hexes;
    const numbers = this.#numbers;
    numbers.push(fileSize, from, sizes.length);
    if (trusted === undefined) numbers.push(NaN, NaN, NaN);
    else numbers.push(trusted.mtime, trusted.ctime, trusted.inode);
    for (const size of sizes) numbers.push(size);
  }

  /** All that were added. */
  parts(): ComparedParts {
    const numbers = new Float64Array(this.#numbers);
    return { paths: this.#paths, hexes: this.#hexes, numbers: numbers.buffer };
  }
}

/** Takes them apart again, in the order in which they were added. */
export function* comparedPartsOf(
  { paths, hexes, numbers }: ComparedParts,
): Generator<ComparedPart, void> {
  const fields = new Float64Array(numbers);
  let [path, hex] = [0, 0];
  for (let at = 0; at < fields.length;) {
    const [fileSize, from, chunks, mtime, ctime, inode] = [
      fields[at]!,
      fields[at + 1]!,
      fields[at + 2]!,
      fields[at + 3]!,
      fields[at + 4]!,
      fields[at + 5]!,
    ];
    at += FIELDS;
    const end = paths.indexOf("\0", path);
    yield {
      path: paths.slice(path, end),
      fileSize,
      from,
      sizes: Array.from(fields.subarray(at, at + chunks)),
      hexes: hexes.slice(hex, hex + chunks * HEX),
      trusted: Number.isNaN(inode) ? undefined : { mtime, ctime, inode },
    };
    path = end + 1;
    hex += chunks * HEX;
    at += chunks;
  }
}

/** Makes {@linkcode PartsFound}. */
export class PartsFoundWriter {
  readonly #numbers: number[] = [];
  readonly #right: number[] = [];

  /** Adds what was found of the next part. */
  add({ verdict, stat: { size, mode, mtime, ctime, inode }, right }: PartFound): void {
    this.#numbers.push(VERDICTS.indexOf(verdict), size, mode, mtime, ctime, inode);
    if (verdict !== "content") return;
    this.#right.push(right.length);
    for (const chunk of right) this.#right.push(chunk);
  }

  /** All that were added. */
  found(): PartsFound {
    return { numbers: new Float64Array(this.#numbers).buffer, right: this.#right };
  }
}

/** Takes what was found apart again. */
export function* partsFoundOf({ numbers, right }: PartsFound): Generator<PartFound, void> {
  const fields = new Float64Array(numbers);
  let next = 0;
  for (let at = 0; at < fields.length; at += FOUND_FIELDS) {
    const verdict = VERDICTS[fields[at]!]!;
    const count = verdict === "content" ? right[next++]! : 0;
    yield {
      verdict,
      stat: {
        size: fields[at + 1]!,
        mode: fields[at + 2]!,
        mtime: fields[at + 3]!,
        ctime: fields[at + 4]!,
        inode: fields[at + 5]!,
      },
      right: count === 0 ? NONE : right.slice(next, next + count),
    };
    next += count;
  }
}
