/**
 * Compresses members: independent gzip members or zstd frames, one after another into memory that is
 * already there.
 *
 * The one-shot calls of `node:zlib` make a context and a buffer for each call, which doubles the memory of
 * a push. The handle inside a stream object is made once, reset for each member, and writes where it is
 * told to. Deno, Node and Bun have the same handle.
 *
 * @module
 */

import * as zlib from "node:zlib";
import type { Compression } from "../../options.ts";
import { BlobberError } from "../../errors.ts";
import type { HandleOwner } from "./zlib_handle.ts";
import { type Kind, kindOf } from "./content_kind.ts";
import type { MemberMaker } from "./member_maker.ts";

/**
 * zlib levels: 3 makes blobs smaller than the Go tool's level 6 does, in half of level 6's time. From 2 to 3
 * machine code shrinks half as much as text does for the same time; noise does not shrink at all.
 */
const GZIP_LEVELS: Readonly<Record<Kind, number>> = { text: 3, binary: 2, random: 0 };
/** zstd level: the library's own default. */
const ZSTD_LEVEL = 3;

/** Bytes of a piece of a member that is compressed as a stream. */
const STREAM_BYTES = 64 * 1024;

const FINISH: Record<Compression, number> = {
  gzip: zlib.constants.Z_FINISH,
  zstd: zlib.constants.ZSTD_e_end,
};

/** The most bytes that `count` members of `size` plain bytes in all can become. */
export function packedBound(size: number, count: number): number {
  // Deflate falls back to stored blocks (5 bytes each, 16 KiB apart or more); headers and footers come on top.
  return size + (size >> 6) + 128 * count;
}

/** Makes members by the runtime's own compressor. One for each thread and compression. */
export class Compressor implements MemberMaker {
  readonly #compression: Compression;
  /** One for each level that was needed. */
  readonly #owners = new Map<number, HandleOwner>();

  /** @param compression the format of the members */
  constructor(compression: Compression) {
    this.#compression = compression;
  }

  /** As {@linkcode MemberMaker.member}. */
  member(plain: Uint8Array, output: Uint8Array, at: number): number {
    const { _handle: handle, _writeState: state } = this.#begin(plain);
    const room = output.length - at;
    handle.writeSync(FINISH[this.#compression], plain, 0, plain.length, output, at, room);
    const [left, unread] = state as unknown as [number, number];
    if (unread > 0 || left === 0) {
      throw new BlobberError("unexpected", `cannot compress ${plain.length} bytes into ${room}`);
    }
    this.#normalize(output, at);
    return output.length - left;
  }

  /** As {@linkcode MemberMaker.stream}. */
  *stream(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
    const { _handle: handle, _writeState: state } = this.#begin();
    const output = new Uint8Array(STREAM_BYTES);
    let filled = 0;
    let first = true;
    for (const [part, flush] of withEnd(parts, FINISH[this.#compression])) {
      let at = 0;
      for (;;) {
        const room = output.length - filled;
        handle.writeSync(flush, part, at, part.length - at, output, filled, room);
        const [left, unread] = state as unknown as [number, number];
        at = part.length - unread;
        filled = output.length - left;
        if (left > 0) break;
        if (first) this.#normalize(output, 0);
        first = false;
        yield output;
        filled = 0;
      }
    }
    if (first) this.#normalize(output, 0);
    if (filled > 0) yield output.subarray(0, filled);
  }

  /** @param plain what is to be compressed, if it is not text */
  #begin(plain?: Uint8Array): HandleOwner {
    const isGzip = this.#compression === "gzip"; // zstd sees for itself
    const level = isGzip ? GZIP_LEVELS[plain === undefined ? "text" : kindOf(plain)] : ZSTD_LEVEL;
    let owner = this.#owners.get(level);
    if (owner === undefined) {
      owner = (isGzip ? gzipAt(level) : zstdAt(level)) as unknown as HandleOwner;
      this.#owners.set(level, owner);
    }
    // The first time too: Node's zstd forgets its parameters here, and the first member of each thread would be
    // another than the same one on a thread that has made others.
    owner._handle.reset();
    return owner;
  }

  #normalize(output: Uint8Array, at: number): void {
    if (this.#compression !== "gzip") return;
    // RFC 1952, 2.3.1: XFL and OS tell how and where it was made; neither may change the digest.
    output[at + 8] = 0;
    output[at + 9] = 255;
  }
}

function gzipAt(level: number): zlib.Gzip {
  return zlib.createGzip({ level, memLevel: 8, windowBits: 15 });
}

function zstdAt(level: number): zlib.ZstdCompress {
  return zlib.createZstdCompress({
    params: {
      [zlib.constants.ZSTD_c_compressionLevel]: level,
      [zlib.constants.ZSTD_c_checksumFlag]: 0,
      // No member is larger, and readers take the memory that a frame asks for.
      [zlib.constants.ZSTD_c_windowLog]: 20,
      // The hash table is cleared for each member: half the usual one is 5 % faster and as good.
      [zlib.constants.ZSTD_c_hashLog]: 16,
    },
  });
}

/** The parts with the flush flag of each: none, and at last an empty part that finishes. */
function* withEnd(
  parts: Iterable<Uint8Array>,
  finish: number,
): Generator<[Uint8Array, number], void, void> {
  for (const part of parts) yield [part, zlib.constants.Z_NO_FLUSH];
  yield [new Uint8Array(0), finish];
}
