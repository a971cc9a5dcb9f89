/**
 * The window of a zstd frame (RFC 8878, 3.1.1.1): the memory that its reader needs, as the frame states it.
 * The decompressors at hand refuse a large one and do not say so.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_ZSTD_WINDOW_BYTES } from "../../limits.ts";

const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

/** Whether a frame is one segment, which is its own window. */
function isSingle(descriptor: number): boolean {
  return (descriptor & 32) !== 0;
}

/** Bytes of the field that states how much is in a frame. */
function sizeBytes(descriptor: number): number {
  return CONTENT_SIZE_BYTES[descriptor >> 6]! || (isSingle(descriptor) ? 1 : 0);
}

/**
 * Bytes of a frame's header behind its descriptor.
 *
 * @param descriptor the frame header descriptor
 */
export function headerBytes(descriptor: number): number {
  const window = isSingle(descriptor) ? 0 : 1;
  return window + DICTIONARY_BYTES[descriptor & 3]! + sizeBytes(descriptor);
}

/**
 * Checks the window of a frame.
 *
 * @param descriptor the frame header descriptor
 * @param header the {@linkcode headerBytes} behind it, and whatever follows
 * @throws {BlobberError} `limit`
 */
export function checkWindow(descriptor: number, header: Uint8Array): void {
  const window = isSingle(descriptor) ? contentSize(descriptor, header) : windowSize(header[0]!);
  if (window <= MAX_ZSTD_WINDOW_BYTES) return;
  throw new BlobberError(
    "limit",
    `a zstd frame needs a window of ${window} bytes, expected at most ${MAX_ZSTD_WINDOW_BYTES} ` +
      "(MAX_ZSTD_WINDOW_BYTES)",
    {
      hint:
        "compress it with a window of 2^27 bytes at the most, as zstd does unless told otherwise",
    },
  );
}

function windowSize(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

function contentSize(descriptor: number, header: Uint8Array): number {
  const length = sizeBytes(descriptor);
  let size = 0;
  let at = DICTIONARY_BYTES[descriptor & 3]!;
  for (let i = 0; i < length; i++) size += header[at++]! * 256 ** i;
  return length === 2 ? size + 256 : size;
}
