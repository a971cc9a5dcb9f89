/**
 * A layer's bytes to its tar: gzip, zstd or plain, told by the first bytes, because labels lie.
 *
 * @module
 */

import { GzipReader } from "./gzip_members.ts";
import { ZstdReader } from "./zstd_frames.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** How an archive is stored. */
export type LayerFormat = "gzip" | "zstd" | "tar";

/** Memory that plain bytes pass through. */
const OUTPUT_BYTES = 256 * 1024;

/**
 * Tells a format by its first bytes.
 *
 * @param bytes at least four, or all there are
 */
export function sniff(bytes: Uint8Array): LayerFormat {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  const word = (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
  if (bytes.length >= 4 && (word === 0xfd2fb528 || (word & 0xfffffff0) >>> 0 === 0x184d2a50)) {
    return "zstd";
  }
  return "tar";
}

/** What decompresses one format. */
interface Reader {
  write(bytes: Uint8Array): Iterable<Uint8Array>;
  end(): void;
}

/** Decompresses what is pushed in. */
export class Decompressor {
  #reader: Reader | undefined;
  #head = new Uint8Array(0);
  /** The format, once four bytes have come. */
  format: LayerFormat | undefined;

  /**
   * Takes the next bytes.
   *
   * @returns plain bytes, a piece of bounded size at a time, whatever a few bytes become: each is valid until
   * the next is asked for, and all have to be
   * @throws {BlobberError} `invalid-archive`
   */
  *write(bytes: Uint8Array): Generator<Uint8Array, void> {
    if (this.#reader === undefined) {
      if (this.#head.length + bytes.length < 4) {
        this.#head = new Uint8Array([...this.#head, ...bytes]);
        return;
      }
      if (this.#head.length > 0) bytes = new Uint8Array([...this.#head, ...bytes]);
      this.#reader = this.#open(bytes);
    }
    yield* this.#reader.write(bytes);
  }

  /** Ends the layer. */
  end(): void {
    if (this.#reader === undefined) {
      throw invalidArchive("the layer is empty");
    }
    this.#reader.end();
  }

  #open(bytes: Uint8Array): Reader {
    this.format = sniff(bytes);
    if (this.format === "tar") return { write: (bytes) => [bytes], end: () => {} };
    const output = new Uint8Array(OUTPUT_BYTES);
    return this.format === "gzip" ? new GzipReader(output) : new ZstdReader(output);
  }
}
