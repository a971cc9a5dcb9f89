/**
 * The last bytes of a blob, which say where its table of contents is. The layouts, which writer
 * and reader share, are those of stargz-snapshotter, `docs/estargz.md`.
 *
 * @module
 */

/** Bytes of the gzip footer: an empty gzip member whose extra field holds the table's offset. */
export const GZIP_FOOTER_BYTES = 51;
/** Bytes of the zstd footer with the header of the skippable frame that it stands in. */
export const ZSTD_FOOTER_BYTES = 48;

/** Header of a skippable frame: magic and four bytes of size, little endian (RFC 8878, 3.1.2). */
export const SKIPPABLE_HEADER_BYTES = 8;
/** Magic of the skippable frames that zstd:chunked uses. */
export const SKIPPABLE_MAGIC = 0x184d2a50;
/** The eight bytes that end a zstd:chunked blob. */
export const ZSTD_CHUNKED_MAGIC = "GnUlInUx";
/** Kind of table in a zstd:chunked blob: the one of eStargz. */
const TOC_KIND = 1n;

/**
 * The footer of a gzip blob.
 *
 * @param tocOffset where the member begins that holds the table
 */
export function gzipFooter(tocOffset: number): Uint8Array<ArrayBuffer> {
  const field = new TextEncoder().encode(`${tocOffset.toString(16).padStart(16, "0")}STARGZ`);
  const footer = new Uint8Array(GZIP_FOOTER_BYTES);
  // RFC 1952, 2.3: magic, deflate, FEXTRA, no time, OS unknown; then the extra field "SG".
  footer.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, field.length + 4, 0, 0x53, 0x47]);
  footer.set([field.length, 0], 14);
  footer.set(field, 16);
  // An empty stored block that is the last one; checksum and size of nothing are zeros.
  footer.set([1, 0, 0, 0xff, 0xff], 16 + field.length);
  return footer;
}

/**
 * The footer of a zstd blob, in its skippable frame.
 *
 * @param tocOffset where the compressed table begins, behind the header of its skippable frame
 * @param packedSize bytes of the compressed table
 * @param plainSize bytes of the table
 */
export function zstdFooter(
  tocOffset: number,
  packedSize: number,
  plainSize: number,
): Uint8Array<ArrayBuffer> {
  const footer = new Uint8Array(ZSTD_FOOTER_BYTES);
  footer.set(skippableHeader(ZSTD_FOOTER_BYTES - SKIPPABLE_HEADER_BYTES));
  const view = new DataView(footer.buffer, SKIPPABLE_HEADER_BYTES);
  view.setBigUint64(0, BigInt(tocOffset), true);
  view.setBigUint64(8, BigInt(packedSize), true);
  view.setBigUint64(16, BigInt(plainSize), true);
  view.setBigUint64(24, TOC_KIND, true);
  footer.set(new TextEncoder().encode(ZSTD_CHUNKED_MAGIC), SKIPPABLE_HEADER_BYTES + 32);
  return footer;
}

/**
 * The header of a skippable frame.
 *
 * @param size bytes that follow it in the frame
 */
export function skippableHeader(size: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(SKIPPABLE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC, true);
  view.setUint32(4, size, true);
  return header;
}
