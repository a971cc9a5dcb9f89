/**
 * Makes gzip members whose bytes are the same in every runtime and version, for ever: the format `gzip-1`.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { BlobberError } from "../../errors.ts";
import { BitWriter } from "./bit_writer.ts";
import { Deflate } from "./deflate.ts";
import { WINDOW } from "./deflate_tables.ts";

/** RFC 1952, 2.3: gzip, deflate, no flags, no time, no level, no system. */
const HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/** Plain bytes of a stream that are compressed together, however they come: a part of the format. */
const PIECE_BYTES = 256 * 1024;
/** Room for what a piece can become. */
const PIECE_ROOM = PIECE_BYTES + PIECE_BYTES / 64 + 256;

/** Makes members. One for each thread; not for use by two callers in turn. */
export class PinnedGzip {
  readonly #deflate = new Deflate();

  /** As the `member` of a `MemberMaker`. */
  member(plain: Uint8Array, output: Uint8Array, at: number): number {
    const writer = new BitWriter();
    try {
      writer.into(output, at + HEADER.length);
      output.set(HEADER, at);
      this.#deflate.begin();
      this.#deflate.piece(plain, 0, true, writer);
      return end(writer, crc32(plain as Uint8Array<ArrayBuffer>), plain.length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new BlobberError(
        "unexpected",
        `cannot compress ${plain.length} bytes into ${output.length - at}`,
      );
    }
  }

  /** As the `stream` of a `MemberMaker`. */
  *stream(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
    const output = new Uint8Array(HEADER.length + PIECE_ROOM);
    const writer = new BitWriter();
    output.set(HEADER);
    writer.into(output, HEADER.length);
    // What can be matched stands before the piece.
    const plain = new Uint8Array(WINDOW + PIECE_BYTES);
    let from = 0;
    let to = 0;
    let checksum = 0;
    let size = 0;
    this.#deflate.begin();
    for (const part of parts) {
      checksum = crc32(part as Uint8Array<ArrayBuffer>, checksum);
      size += part.length;
      for (let at = 0; at < part.length;) {
        if (to === from + PIECE_BYTES) {
          this.#deflate.piece(plain.subarray(0, to), from, false, writer);
          yield output.subarray(0, writer.at);
          writer.into(output, 0);
          const gone = to - WINDOW;
          plain.copyWithin(0, gone, to);
          this.#deflate.slide(gone);
          from = to = WINDOW;
        }
        const taken = Math.min(part.length - at, from + PIECE_BYTES - to);
        plain.set(part.subarray(at, at + taken), to);
        at += taken;
        to += taken;
      }
    }
    this.#deflate.piece(plain.subarray(0, to), from, true, writer);
    yield output.subarray(0, end(writer, checksum, size));
  }
}

/** Writes the last bits and what follows them (RFC 1952, 2.3.1). @returns where the member ends */
function end(writer: BitWriter, checksum: number, size: number): number {
  writer.align();
  writer.view.setUint32(writer.at, checksum, true);
  writer.view.setUint32(writer.at + 4, size % 2 ** 32, true);
  return writer.at + 8;
}
