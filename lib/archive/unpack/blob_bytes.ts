/**
 * The bytes of a layer, read from its first to its last in pieces of the sizes that are asked for.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { CheckedReader } from "../../checked_content.ts";
import type { Growth } from "../growth.ts";

/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;

/** Where bytes are counted. */
export interface BlobBytesOptions {
  growth: Growth;
  /** Called with the bytes of the layer read so far. */
  onBytes(read: number): void;
}

/** A layer's bytes, one piece after another. */
export class BlobBytes {
  readonly #reader: CheckedReader;
  readonly #options: BlobBytesOptions;
  #scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #read = 0;

  constructor(reader: CheckedReader, options: BlobBytesOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /**
   * Fills memory with the next bytes.
   *
   * @throws {BlobberError} `integrity` where the layer ends before
   */
  async read(into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length;) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new BlobberError(
          "integrity",
          `the layer ends early, at byte ${this.#read}`,
        );
      }
      const part = this.#rest.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  /** Reads what follows the last group, which is where the whole is found to be right or wrong. */
  async skipToEnd(): Promise<void> {
    while (await this.#more());
  }

  /** The reason of a failure: that the layer is not what it must be, where that is so. */
  async explain(error: unknown): Promise<unknown> {
    return await this.#reader.explain(error);
  }

  async #more(): Promise<boolean> {
    const { buffer } = this.#rest;
    if (buffer.byteLength > 0) this.#scratch = buffer;
    const bytes = await this.#reader.read(this.#scratch);
    if (bytes === undefined) return false;
    this.#rest = bytes;
    this.#read += bytes.length;
    this.#options.growth.receive(bytes.length);
    this.#options.onBytes(this.#read);
    return true;
  }
}
