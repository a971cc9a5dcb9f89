/**
 * The members of a gzip stream (RFC 1952), one after another. The decompressors at hand skip what follows
 * a member, or stop there; here everything is accounted for.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { MAX_GZIP_HEADER_BYTES } from "../../limits.ts";
import { Codec } from "./codec.ts";
import { gzipHeaderEnd } from "./gzip_header.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** Inflates a stream of members, pushed in as it comes. */
export class GzipReader {
  readonly #codec = new Codec("deflate");
  readonly #output: Uint8Array;
  #state: "header" | "body" | "trailer" = "header";
  /** Bytes of a header or trailer that the last push ended in. */
  #rest: Uint8Array = new Uint8Array(0);
  #crc = 0;
  #size = 0;
  #members = 0;

  /** @param output memory for what is inflated */
  constructor(output: Uint8Array) {
    this.#output = output;
  }

  /**
   * Takes the next bytes.
   *
   * @returns views of the output, each valid until the next is asked for; all have to be
   */
  *write(bytes: Uint8Array): Generator<Uint8Array, void> {
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      bytes = joined;
      this.#rest = new Uint8Array(0);
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "body") at = yield* this.#body(bytes, at);
      else {
        const next = this.#state === "header" ? this.#header(bytes, at) : this.#trailer(bytes, at);
        if (next < 0) {
          if (bytes.length - at > MAX_GZIP_HEADER_BYTES) {
            throw invalidArchive("a gzip header is too long");
          }
          this.#rest = bytes.slice(at);
          return;
        }
        at = next;
      }
    }
  }

  /** Ends the stream, which must end with a member. */
  end(): void {
    if (this.#state !== "header" || this.#rest.length > 0 || this.#members === 0) {
      throw invalidArchive("the gzip data is cut off");
    }
  }

  #header(bytes: Uint8Array, at: number): number {
    const next = gzipHeaderEnd(bytes, at, bytes.length);
    if (next >= 0) {
      this.#state = "body";
      this.#codec.reset();
      this.#crc = this.#size = 0;
    }
    return next;
  }

  *#body(bytes: Uint8Array, at: number): Generator<Uint8Array, number> {
    for (;;) {
      const { read, written } = this.#codec.step(bytes, at, bytes.length, this.#output, 0);
      at += read;
      if (written > 0) {
        const plain = this.#output.subarray(0, written);
        this.#crc = crc32(plain as Uint8Array<ArrayBuffer>, this.#crc);
        this.#size = (this.#size + written) % 2 ** 32;
        yield plain;
      }
      if (written === this.#output.length) continue; // there may be more
      // Room left and input left: the deflate data has ended. Without input left, the next push tells.
      if (at < bytes.length) this.#state = "trailer";
      return at;
    }
  }

  #trailer(bytes: Uint8Array, at: number): number {
    if (bytes.length - at < 8) return -1;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
    if (view.getUint32(0, true) !== this.#crc || view.getUint32(4, true) !== this.#size) {
      throw invalidArchive("a gzip member has the wrong checksum");
    }
    this.#state = "header";
    this.#members++;
    return at + 8;
  }
}
