/**
 * The header of a gzip member (RFC 1952, 2.3).
 *
 * @module
 */

import { invalidArchive } from "../invalid_archive.ts";

/**
 * Where the deflate data begins that a header stands before.
 *
 * @returns the place, or -1 when the header is not all there
 */
export function gzipHeaderEnd(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 10) {
    const magic = [0x1f, 0x8b, 0x08];
    for (let i = 0; i < Math.min(3, end - at); i++) {
      if (bytes[at + i] !== magic[i]) throw invalidArchive("garbage behind a gzip member");
    }
    return -1;
  }
  if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b) {
    throw invalidArchive("garbage behind a gzip member");
  }
  if (bytes[at + 2] !== 8) throw invalidArchive("a gzip member is not deflate data");
  const flags = bytes[at + 3]!;
  if (flags & 0xe0) throw invalidArchive("a gzip header has reserved flags");
  let i = at + 10;
  if (flags & 4) { // FEXTRA
    if (end - i < 2) return -1;
    i += 2 + bytes[i]! + bytes[i + 1]! * 256;
  }
  for (const flag of [8, 16]) { // FNAME, FCOMMENT
    if (!(flags & flag)) continue;
    const zero = i < end ? bytes.subarray(i, end).indexOf(0) : -1;
    if (zero < 0) return -1;
    i += zero + 1;
  }
  if (flags & 2) i += 2; // FHCRC
  return i <= end ? i : -1;
}
