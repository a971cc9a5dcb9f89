/**
 * The frames of a zstd stream (RFC 8878). The decompressors at hand do not tell whether a stream was cut
 * off within a frame, so their structure is followed beside them.
 *
 * @module
 */

import { Codec } from "./codec.ts";
import { checkWindow, headerBytes } from "./zstd_window.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** Follows frames, skippable ones too, and knows whether a place is the end of one. */
class Frames {
  #field = new Uint8Array(18);
  #have = 0;
  #need = 4;
  #what: "magic" | "skip-size" | "descriptor" | "header" | "block" | "skip" = "magic";
  #skip = 0;
  #afterSkip: "magic" | "block" = "magic";
  #checksum = false;
  #descriptor = 0;
  count = 0;

  get between(): boolean {
    return this.#what === "magic" && this.#have === 0;
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#what === "skip") {
        const skip = Math.min(this.#skip, bytes.length - at);
        at += skip;
        this.#skip -= skip;
      } else {
        this.#field[this.#have++] = bytes[at++]!;
        if (this.#have < this.#need) continue;
        this.#have = 0;
        this.#next();
      }
      while (this.#what === "skip" && this.#skip === 0) this.#expect(this.#afterSkip);
    }
  }

  #expect(what: "magic" | "skip-size" | "descriptor" | "block"): void {
    this.#what = what;
    this.#need = { magic: 4, "skip-size": 4, descriptor: 1, block: 3 }[what];
    if (what === "magic") this.count++;
  }

  #skipOver(bytes: number, then: "magic" | "block"): void {
    this.#what = "skip";
    this.#skip = bytes;
    this.#afterSkip = then;
  }

  #next(): void {
    const field = this.#field;
    const word = (field[0]! | (field[1]! << 8) | (field[2]! << 16) | (field[3]! << 24)) >>> 0;
    if (this.#what === "magic") {
      if (word === 0xfd2fb528) return this.#expect("descriptor");
      if ((word & 0xfffffff0) >>> 0 === 0x184d2a50) return this.#expect("skip-size");
      throw invalidArchive("garbage behind a zstd frame");
    }
    if (this.#what === "skip-size") return this.#skipOver(word, "magic");
    if (this.#what === "descriptor") {
      const flags = field[0]!;
      if (flags & 8) throw invalidArchive("a zstd frame has a reserved flag");
      this.#checksum = (flags & 4) !== 0;
      this.#descriptor = flags;
      this.#what = "header";
      this.#need = headerBytes(flags);
      return;
    }
    if (this.#what === "header") {
      checkWindow(this.#descriptor, field);
      return this.#expect("block");
    }
    // A block: last (1 bit), type (2), size (21). A run (type 1) stores one byte whatever its size.
    const block = field[0]! | (field[1]! << 8) | (field[2]! << 16);
    const type = (block >> 1) & 3;
    if (type === 3) throw invalidArchive("a zstd block has a reserved type");
    const last = (block & 1) !== 0;
    const size = type === 1 ? 1 : block >> 3;
    this.#skipOver(size + (last && this.#checksum ? 4 : 0), last ? "magic" : "block");
  }
}

/** Decompresses a stream of frames, pushed in as it comes. */
export class ZstdReader {
  readonly #codec = new Codec("zstd");
  readonly #frames = new Frames();
  readonly #output: Uint8Array;

  /** @param output memory for what is decompressed */
  constructor(output: Uint8Array) {
    this.#output = output;
  }

  /**
   * Takes the next bytes.
   *
   * @returns views of the output, each valid until the next is asked for; all have to be
   */
  *write(bytes: Uint8Array): Generator<Uint8Array, void> {
    this.#frames.write(bytes);
    let at = 0;
    for (;;) {
      const { read, written } = this.#codec.step(bytes, at, bytes.length, this.#output, 0);
      at += read;
      if (written > 0) yield this.#output.subarray(0, written);
      if (written === this.#output.length) continue;
      if (at === bytes.length) return;
      if (read === 0 && written === 0) throw invalidArchive("broken zstd data");
    }
  }

  /** Ends the stream, which must end with a frame. */
  end(): void {
    if (!this.#frames.between || this.#frames.count === 0) {
      throw invalidArchive("the zstd data is cut off");
    }
  }
}
