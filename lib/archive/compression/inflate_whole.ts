/**
 * Members that are all in memory, inflated for a reader who wants few of them: by what the web has for it,
 * since to load Node's takes longer than to inflate a table of contents, and by Node's where that will not
 * do. A reader of many members uses `inflate_members.ts` at once.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { RUNTIME } from "../../system/runtime.ts";
import { gzipHeaderEnd } from "./gzip_header.ts";

/** Packed bytes given to the stream at once: what they can become, a thousand times as much, is bounded. */
const SLICE_BYTES = 64 * 1024;
/** Checksum and size, behind a member's deflate data (RFC 1952, 2.3.1). */
const TRAILER_BYTES = 8;

/** How much there may be, and by what it is inflated. */
export interface InflateOptions {
  /** A guess at the plain bytes. */
  room: number;
  /** The most plain bytes; more is an error, but see {@linkcode InflateOptions.enough}. */
  most: number;
  /** How many plain bytes are needed, of members that may hold more: what comes behind may be missing. */
  enough?: number;
  /** Whether Node's modules are loaded in any case. */
  withNode?: boolean;
  /** Memory to inflate into, by Node's; a larger one is made where it has no room, and this is given up. */
  into?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Inflates one or more whole gzip members or zstd frames. Their checksums are not checked: the caller checks
 * the digests of their content.
 *
 * @param format what they are
 * @param packed the members and nothing else
 * @throws {BlobberError} `invalid-archive`, `limit`
 */
export async function inflateWhole(
  format: "gzip" | "zstd",
  packed: Uint8Array,
  { room, most, enough = Infinity, withNode = false, into }: InflateOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  // Other runtimes pass over what follows a member, and have Node's at hand anyway.
  if (format === "gzip" && RUNTIME === "deno" && !withNode && into === undefined) {
    const plain = await inflateOne(packed, most);
    if (plain !== undefined) return plain;
  }
  const { inflateMembers } = await import("./inflate_members.ts");
  const size = Math.min(room, most);
  const memory = into !== undefined && into.length >= size ? into : new Uint8Array(size);
  const limits = { most, enough };
  const { output, at } = inflateMembers(format, packed, 0, packed.length, memory, 0, limits);
  return output.subarray(0, at);
}

/** @returns `undefined` when it is not exactly one member, or too much */
async function inflateOne(
  packed: Uint8Array,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const start = gzipHeaderEnd(packed, 0, packed.length);
    const end = packed.length - TRAILER_BYTES;
    if (start < 0 || start >= end) return undefined;
    // RFC 1952, 2.3.1: the size, by which also a member is known that the stream takes for whole and is not.
    const size = new DataView(packed.buffer, packed.byteOffset + end).getUint32(4, true);
    // Deflate makes at most 1032 bytes of one, so no false size makes us take memory.
    if (size > most || size > (end - start) * 1032) return undefined;
    const plain = new Uint8Array(size);
    const { readable, writable } = new DecompressionStream("deflate-raw");
    const fed = feed(writable, packed.subarray(start, end));
    const reader = readable.getReader();
    let at = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      if (at + value.length > size) {
        await reader.cancel();
        return undefined;
      }
      plain.set(value, at);
      at += value.length;
      value.buffer.transfer(0); // the collector would come for it too late
    }
    await fed;
    return at === size ? plain : undefined;
  } catch (error) {
    if (error instanceof BlobberError) throw error;
    return undefined; // what is wrong, the other way tells
  }
}

async function feed(writable: WritableStream<BufferSource>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  try {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      await writer.ready;
      await writer.write(bytes.subarray(at, at + SLICE_BYTES) as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch {
    // the reader's side fails too, and says so
  }
}
