/**
 * The handle inside a decompressing stream of `node:zlib`: it is made once, reset for each member, reads
 * and writes where it is told to, and says how far it came. Deno, Node and Bun have the same handle.
 *
 * @module
 */

import * as zlib from "node:zlib";
import type { HandleOwner } from "./zlib_handle.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** What one step did. */
export interface Step {
  /** Bytes taken from the input. */
  read: number;
  /** Bytes put into the output. */
  written: number;
}

/** Decompresses raw deflate data or zstd frames, step by step. */
export class Codec {
  readonly #owner: HandleOwner;
  readonly #what: string;
  #error: unknown;
  #used = false;

  /** @param kind what it decompresses */
  constructor(kind: "deflate" | "zstd") {
    this.#what = kind === "deflate" ? "gzip" : "zstd";
    const made = kind === "deflate" ? zlib.createInflateRaw() : zlib.createZstdDecompress();
    this.#owner = made as unknown as HandleOwner;
    this.#owner._handle.onerror = (...what) => this.#error = what;
  }

  /** Begins anew. */
  reset(): void {
    if (this.#used) this.#owner._handle.reset();
    this.#used = false;
  }

  /**
   * Decompresses some of `input[at..end)` into `output[to..)`.
   *
   * @throws {BlobberError} `invalid-archive` when the data is not what it should be
   */
  step(input: Uint8Array, at: number, end: number, output: Uint8Array, to: number): Step {
    const { _handle: handle, _writeState: state } = this.#owner;
    this.#used = true;
    const room = output.length - to;
    try {
      handle.writeSync(zlib.constants.Z_NO_FLUSH, input, at, end - at, output, to, room);
    } catch (error) { // Deno throws for zstd what the others report
      this.#error = error;
    }
    if (this.#error !== undefined) {
      const cause = this.#error;
      this.#error = undefined;
      throw invalidArchive(`broken ${this.#what} data`, cause);
    }
    return { read: end - at - state[1]!, written: room - state[0]! };
  }
}
