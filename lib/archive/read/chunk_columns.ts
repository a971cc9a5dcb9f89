/**
 * The chunks of a table, each field in an array of its own: of tens of thousands of them most are never
 * looked at, and as objects they would take ten times the memory and keep the collector busy.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";

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

/** Hexadecimal digits of a digest. */
const HEX = 64;
const FIRST_ROOM = 1024;

/** A list of chunks. */
export class ChunkColumns {
  #members = new Float64Array(FIRST_ROOM);
  #ats = new Float64Array(FIRST_ROOM);
  #inners = new Int32Array(FIRST_ROOM);
  #sizes = new Int32Array(FIRST_ROOM);
  #digests = new Uint8Array(FIRST_ROOM * HEX);
  /** How many there are. */
  length = 0;

  /**
   * Adds a chunk.
   *
   * @param digest its digest as text, or where in `bytes` its hexadecimal digits stand
   */
  push(
    member: number,
    inner: number,
    at: number,
    size: number,
    digest: Digest | number,
    bytes: Uint8Array,
  ): void {
    const i = this.length++;
    if (i === this.#members.length) this.#grow();
    this.#members[i] = member;
    this.#inners[i] = inner;
    this.#ats[i] = at;
    this.#sizes[i] = size;
    const begin = typeof digest === "number" ? digest : "sha256:".length;
    for (let j = 0; j < HEX; j++) {
      this.#digests[i * HEX + j] = typeof digest === "number"
        ? bytes[begin + j]!
        : digest.charCodeAt(begin + j);
    }
  }

  /** A chunk. */
  get(i: number): Chunk {
    return {
      member: this.#members[i]!,
      inner: this.#inners[i]!,
      at: this.#ats[i]!,
      size: this.#sizes[i]!,
      digest: `sha256:${this.hex(i)}`,
    };
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

  /** Digest of a chunk, in hexadecimal. */
  hex(i: number): string {
    return asciiText(this.#digests, i * HEX, (i + 1) * HEX);
  }

  #grow(): void {
    const room = this.#members.length * 2;
    this.#members = grown(this.#members, new Float64Array(room));
    this.#ats = grown(this.#ats, new Float64Array(room));
    this.#inners = grown(this.#inners, new Int32Array(room));
    this.#sizes = grown(this.#sizes, new Int32Array(room));
    this.#digests = grown(this.#digests, new Uint8Array(room * HEX));
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  (from.buffer as ArrayBuffer).transfer(0); // the collector would come for it too late
  return to;
}

/** Text of its own, of few and plain characters: a part of a longer one would keep all of that in memory. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
}
