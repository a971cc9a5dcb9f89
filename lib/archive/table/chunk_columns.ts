/**
 * The chunks of a table, each field in an array of its own: of tens of thousands of them most are never
 * looked at, and as objects they would take ten times the memory and keep the collector busy.
 *
 * @module
 */

import { ALGORITHM_LENGTH, type Digest, DIGEST_LENGTH } from "../../digest.ts";
import { grown } from "./columns.ts";

/** A part of a file, and where it is. */
export interface Chunk {
  /** Where in the layer the member begins that holds it. */
  member: number;
  /** Where in the member's plain bytes it begins. */
  inner: number;
  /** Where in the file it begins. */
  at: number;
  /** Bytes. */
  size: number;
  digest: Digest;
}

const FIRST_ROOM = 4096;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A list of chunks. */
export class ChunkColumns {
  #rows = new Int32Array(FIRST_ROOM);
  #members = new Float64Array(FIRST_ROOM);
  #ats = new Float64Array(FIRST_ROOM);
  #inners = new Int32Array(FIRST_ROOM);
  #sizes = new Int32Array(FIRST_ROOM);
  /** As characters: as text they would be most of the heap. */
  #digests = new Uint8Array(FIRST_ROOM * DIGEST_LENGTH);
  /** Chunks that have one. */
  #digested = 0;
  /** How many there are. */
  length = 0;

  /** Adds a chunk of the file in a row. Its digest follows. */
  push(row: number, member: number, inner: number, at: number, size: number): void {
    const i = this.length++;
    if (i === this.#members.length) this.#grow();
    this.#rows[i] = row;
    this.#members[i] = member;
    this.#inners[i] = inner;
    this.#ats[i] = at;
    this.#sizes[i] = size;
  }

  /**
   * Adds digests, many at a time: one by one they would take as long as all else about a chunk.
   *
   * @param digests of the next chunks that have none, one behind the other
   */
  addDigests(digests: string): void {
    encoder.encodeInto(digests, this.#digests.subarray(this.#digested * DIGEST_LENGTH));
    this.#digested += digests.length / DIGEST_LENGTH;
  }

  /** A chunk. */
  get(i: number): Chunk {
    return {
      member: this.#members[i]!,
      inner: this.#inners[i]!,
      at: this.#ats[i]!,
      size: this.#sizes[i]!,
      digest: this.digest(i),
    };
  }

  /** The row of a chunk's file. */
  row(i: number): number {
    return this.#rows[i]!;
  }

  /** Where the member begins that holds a chunk. */
  member(i: number): number {
    return this.#members[i]!;
  }

  /** As {@linkcode Chunk.inner}. */
  inner(i: number): number {
    return this.#inners[i]!;
  }

  /** As {@linkcode Chunk.at}. */
  at(i: number): number {
    return this.#ats[i]!;
  }

  /** As {@linkcode Chunk.size}. */
  size(i: number): number {
    return this.#sizes[i]!;
  }

  /** Where a chunk ends in the member's plain bytes. */
  innerEnd(i: number): number {
    return this.#inners[i]! + this.#sizes[i]!;
  }

  /** Where in the tar the member would begin, if the content of a chunk's file began at 0. */
  shift(i: number): number {
    return this.#ats[i]! - this.#inners[i]!;
  }

  /** As {@linkcode Chunk.digest}. */
  digest(i: number): Digest {
    return decoder.decode(
      this.#digests.subarray(i * DIGEST_LENGTH, (i + 1) * DIGEST_LENGTH),
    ) as Digest;
  }

  /** The digest of a chunk, in hexadecimal. */
  hex(i: number): string {
    const end = (i + 1) * DIGEST_LENGTH;
    return decoder.decode(this.#digests.subarray(i * DIGEST_LENGTH + ALGORITHM_LENGTH, end));
  }

  /** Digests of consecutive chunks, in hexadecimal. */
  hexes(first: number, last: number): string[] {
    const all = decoder.decode(this.#digests.subarray(first * DIGEST_LENGTH, last * DIGEST_LENGTH));
    return Array.from(
      { length: last - first },
      (_, i) => all.slice(i * DIGEST_LENGTH + ALGORITHM_LENGTH, (i + 1) * DIGEST_LENGTH),
    );
  }

  #grow(): void {
    const room = this.#members.length * 2;
    this.#rows = grown(this.#rows, new Int32Array(room));
    this.#members = grown(this.#members, new Float64Array(room));
    this.#ats = grown(this.#ats, new Float64Array(room));
    this.#inners = grown(this.#inners, new Int32Array(room));
    this.#sizes = grown(this.#sizes, new Int32Array(room));
    this.#digests = grown(this.#digests, new Uint8Array(room * DIGEST_LENGTH));
  }
}
