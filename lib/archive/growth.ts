/**
 * What the bytes of an artifact become while they are read: what its manifest and its tables state is not
 * yet proven then, and a bomb would have filled the disk before it is.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { MAX_BYTES, MAX_RATIO } from "../limits.ts";
import { raiseLimit } from "./budget.ts";
import { counted } from "../text/printable.ts";

/** Counts bytes received and what they became. One for all layers of an artifact. */
export class Growth {
  readonly #free: number;
  readonly #ratio: number;
  #received = 0;
  #made = 0;

  /**
   * @param free bytes that need none to answer for them; headers count beside the content of files
   * @param ratio bytes that one may become
   */
  constructor(free: number = 2 * MAX_BYTES, ratio: number = MAX_RATIO) {
    this.#free = free;
    this.#ratio = ratio;
  }

  /** Counts bytes of a layer. */
  receive(bytes: number): void {
    this.#received += bytes;
  }

  /**
   * Counts what came of them.
   *
   * @throws {BlobberError} `limit`
   */
  make(bytes: number): void {
    this.#made += bytes;
    const most = this.#free + this.#ratio * this.#received;
    if (this.#made <= most) return;
    throw new BlobberError(
      "limit",
      `${counted(this.#received, "byte")} of layers became more than ${most}, expected at most ` +
        `${this.#ratio} for each beyond the first ${this.#free}`,
      { hint: raiseLimit("maxBytes") },
    );
  }
}
