/**
 * The job that looks at files of a tree that is compared with the layers before it: their digests, whether they
 * are cut into the chunks that a table has of them, and what secrets they seem to hold, as packing them would
 * tell.
 *
 * @module
 */

import { createHash, hash } from "node:crypto";
import { type FilePlace, guardKeys, type KeyGuard } from "../input/private_keys.ts";
import { secretsIn } from "../input/secrets.ts";
import { type FileStamp, readPart } from "../input/source_file.ts";
import { BATCH_BYTES } from "./batch.ts";

/** A file to look at. */
export interface LookedFile {
  /** Where it is. */
  file: string;
  /** What the walk saw. */
  stamp: FileStamp;
  /** Chunks that a table has of a file of this size, where those are several: one behind the last byte of each. */
  ends?: number[] | undefined;
  /** Their digests, 64 hexadecimal digits each. */
  hexes?: string | undefined;
}

/** Files to look at, and which private keys may be in them. */
export interface LookInput {
  /** {@linkcode LookedFile}s as JSON: threads copy one string in a third of the time of its objects. */
  files: string;
  /** Left out, no secret is looked for. */
  keys?: KeyGuard | undefined;
}

/** What became of the files. */
export interface LookOutput {
  /** SHA-256 of each file, 64 hexadecimal digits, in one string. */
  digests: string;
  /** Which of the files are not cut into the chunks that were given. */
  other: number[];
  /** Which of them seem to hold a secret, and what. */
  secrets: { file: number; kind: string }[];
}

let buffer: Uint8Array | undefined;

/**
 * Looks at files.
 *
 * @returns a {@linkcode LookOutput}
 * @throws {BlobberError} `source-changed`, `file-system`, `private-key`
 */
export function lookJob({ files, keys }: LookInput): LookOutput {
  buffer ??= new Uint8Array(BATCH_BYTES);
  const output: LookOutput = { digests: "", other: [], secrets: [] };
  for (const [i, looked] of (JSON.parse(files) as LookedFile[]).entries()) {
    const { file, stamp, ends } = looked;
    const first = Math.min(stamp.size, BATCH_BYTES);
    readPart({ file, stamp, from: 0, size: first, at: 0 }, buffer);
    if (keys !== undefined) {
      const places: FilePlace[] = [{ file, at: 0, size: first, stamp }];
      for (const { kind } of secretsIn(buffer, places, guardKeys(buffer, places, keys))) {
        output.secrets.push({ file: i, kind });
      }
    }
    if (first === stamp.size && ends === undefined) {
      output.digests += hash("sha256", buffer.subarray(0, first), "hex");
      continue;
    }
    const chunks = ends && new ChunkCheck(ends, looked.hexes!);
    const whole = createHash("sha256");
    for (let from = 0, size = first;;) {
      const bytes = buffer.subarray(0, size);
      whole.update(bytes);
      chunks?.take(bytes);
      from += size;
      if (from >= stamp.size) break;
      size = Math.min(stamp.size - from, BATCH_BYTES);
      readPart({ file, stamp, from, size, at: 0 }, buffer);
    }
    output.digests += whole.digest("hex");
    if (chunks?.same === false) output.other.push(i);
  }
  return output;
}

/** Compares a file with the chunks that a table has of it. */
class ChunkCheck {
  readonly #ends: readonly number[];
  readonly #hexes: string;
  #chunk = createHash("sha256");
  #at = 0;
  #i = 0;
  /** Whether all so far are the same. */
  same = true;

  constructor(ends: readonly number[], hexes: string) {
    this.#ends = ends;
    this.#hexes = hexes;
  }

  take(bytes: Uint8Array): void {
    for (let from = 0; this.same && from < bytes.length;) {
      const part = bytes.subarray(from, from + this.#ends[this.#i]! - this.#at);
      this.#chunk.update(part);
      from += part.length;
      this.#at += part.length;
      if (this.#at < this.#ends[this.#i]!) continue;
      const expected = this.#hexes.slice(64 * this.#i, 64 * this.#i + 64);
      this.same = this.#chunk.digest("hex") === expected;
      this.#chunk = createHash("sha256");
      this.#i++;
    }
  }
}
