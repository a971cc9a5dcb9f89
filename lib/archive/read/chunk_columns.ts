/**
 * The chunks of a table, each field in an array of its own: of tens of thousands of them most are never
 * looked at, and as objects they would take ten times the memory and keep the collector busy.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
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

/** Hexadecimal digits of a digest. */
const HEX = 64;
const FIRST_ROOM = 4096;

/** A list of chunks. */
export class ChunkColumns {
  #rows = new Int32Array(FIRST_ROOM);
  #members = new Float64Array(FIRST_ROOM);
  #ats = new Float64Array(FIRST_ROOM);
  #inners = new Int32Array(FIRST_ROOM);
  #sizes = new Int32Array(FIRST_ROOM);
  /** Hexadecimal digits: as text they would be most of the heap. */
  #digests = new Uint8Array(FIRST_ROOM * HEX);
  /** How many there are. */
  length = 0;

  /** Adds a chunk of the file in a row. */
  push(row: number, member: number, inner: number, at: number, size: number, digest: Digest): void {
    const i = this.length++;
    if (i === this.#members.length) this.#grow();
    this.#rows[i] = row;
    this.#members[i] = member;
    this.#inners[i] = inner;
    this.#ats[i] = at;
    this.#sizes[i] = size;
    const digests = this.#digests;
    for (let from = digest.length - HEX, to = i * HEX; from < digest.length; from++, to++) {
      digests[to] = digest.charCodeAt(from);
    }
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
    return `sha256:${this.hex(i)}`;
  }

  /** Digest of a chunk, in hexadecimal. */
  hex(i: number): string {
    const digits = this.#digests.subarray(i * HEX, (i + 1) * HEX);
    return String.fromCharCode.apply(null, digits as unknown as number[]);
  }

  #grow(): void {
    const room = this.#members.length * 2;
    this.#rows = grown(this.#rows, new Int32Array(room));
    this.#members = grown(this.#members, new Float64Array(room));
    this.#ats = grown(this.#ats, new Float64Array(room));
    this.#inners = grown(this.#inners, new Int32Array(room));
    this.#sizes = grown(this.#sizes, new Int32Array(room));
    this.#digests = grown(this.#digests, new Uint8Array(room * HEX));
  }
}
