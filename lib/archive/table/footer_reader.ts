/**
 * The footer of a layer that has a table of contents: its last bytes, which say where the table is.
 *
 * @module
 */

import { toHex } from "../../bytes.ts";
import { MAX_TOC_BYTES, MAX_TOC_PLAIN_BYTES } from "../../limits.ts";
import {
  GZIP_FOOTER_BYTES,
  SKIPPABLE_HEADER_BYTES,
  SKIPPABLE_MAGIC,
  ZSTD_CHUNKED_MAGIC,
  ZSTD_FOOTER_BYTES,
} from "./footer.ts";

/** Where a table of contents is, and in which of the two formats. */
export interface Footer {
  format: "gzip" | "zstd";
  /** Where the table begins. */
  tocStart: number;
  /** Where it ends. */
  tocEnd: number;
  /** Where the members end that hold the tar's entries; what is in between is the table's packaging. */
  contentEnd: number;
}

/** The most bytes that a footer of any kind has. */
export const FOOTER_BYTES = GZIP_FOOTER_BYTES;
/** Of writers before the extra field had a header of its own. */
const LEGACY_FOOTER_BYTES = 47;

// An empty gzip member whose extra field holds 16 hexadecimal digits and "STARGZ" (estargz, "Footer").
const HEAD = /^1f8b0804.{8}.{4}1a0053471600$/;
const LEGACY_HEAD = /^1f8b0804.{8}.{4}1600$/;
const TAIL = "535441" + "52475a" + "010000ffff" + "0000000000000000";

/**
 * Reads a footer.
 *
 * @param tail the layer's last bytes, `FOOTER_BYTES` or more where it has them
 * @param size bytes of the layer
 * @returns `undefined` when there is none, or one that cannot be true
 */
export function parseFooter(tail: Uint8Array, size: number): Footer | undefined {
  return gzipFooter(tail, size, GZIP_FOOTER_BYTES, HEAD) ??
    gzipFooter(tail, size, LEGACY_FOOTER_BYTES, LEGACY_HEAD) ??
    zstdFooter(tail, size);
}

function gzipFooter(
  tail: Uint8Array,
  size: number,
  length: number,
  head: RegExp,
): Footer | undefined {
  if (tail.length < length) return undefined;
  const footer = tail.subarray(tail.length - length);
  const hex = toHex(footer);
  const digits = String.fromCharCode(...footer.subarray(length - 35, length - 19));
  if (!head.test(hex.slice(0, (length - 35) * 2)) || !hex.endsWith(TAIL)) return undefined;
  if (!/^[0-9a-f]{16}$/.test(digits)) return undefined;
  const tocStart = Number.parseInt(digits, 16);
  const tocEnd = size - length;
  return fits(tocStart, tocEnd)
    ? { format: "gzip", tocStart, tocEnd, contentEnd: tocStart }
    : undefined;
}

// A skippable frame that ends in a magic of its own (stargz-snapshotter, zstdchunked, "Footer").
function zstdFooter(tail: Uint8Array, size: number): Footer | undefined {
  if (tail.length < ZSTD_FOOTER_BYTES) return undefined;
  const frame = tail.subarray(tail.length - ZSTD_FOOTER_BYTES);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const body = SKIPPABLE_HEADER_BYTES;
  const isFooter = view.getUint32(0, true) === SKIPPABLE_MAGIC &&
    view.getUint32(4, true) === ZSTD_FOOTER_BYTES - body &&
    view.getBigUint64(body + 24, true) === 1n &&
    String.fromCharCode(...frame.subarray(body + 32)) === ZSTD_CHUNKED_MAGIC;
  if (!isFooter) return undefined;
  const tocStart = Number(view.getBigUint64(body, true));
  const tocEnd = tocStart + Number(view.getBigUint64(body + 8, true));
  if (Number(view.getBigUint64(body + 16, true)) > MAX_TOC_PLAIN_BYTES) return undefined;
  // The table stands in a skippable frame of its own.
  return fits(tocStart, tocEnd) && tocStart >= body && tocEnd <= size - ZSTD_FOOTER_BYTES
    ? { format: "zstd", tocStart, tocEnd, contentEnd: tocStart - body }
    : undefined;
}

function fits(start: number, end: number): boolean {
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end &&
    end - start <= MAX_TOC_BYTES;
}
