/**
 * The content of a file of an image, or a part of it, wherever it is.
 *
 * @module
 */

import { BlobberError, checkAborted } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { MAX_READ_BYTES } from "../../limits.ts";
import type { FileOptions, FileReadOptions } from "../../options.ts";
import { counted, quote } from "../../text/printable.ts";
import type { ByteRange } from "../../store.ts";
import { tieSignal } from "../../system/tied_signal.ts";
import { fileOptions } from "../../doors/options.ts";
import { checkLimits } from "../budget.ts";
import type { Content, ContentSource } from "./content.ts";
import { partStream } from "./part_stream.ts";

/** What is read of a file. */
export interface ReadOptions {
  range: ByteRange;
  /** What stops it. */
  signals: readonly (AbortSignal | undefined)[];
  /** Told of a download of more than was asked for. */
  observer: Observer;
}

/**
 * Opens the content of a file. What comes of it is checked.
 *
 * @param source where the image is
 * @throws {BlobberError} `integrity`, `limit`, `file-system`, and what the source throws
 */
export async function openContent(
  source: ContentSource,
  content: Content,
  { range, signals, observer }: ReadOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const tied = tieSignal(...signals);
  const { signal } = tied;
  try {
    checkAborted(signal);
    if (content.kind === "spool") return await content.spool.read(content.at, range, tied);
    if (content.kind === "layer") {
      const { layer, kept } = content;
      const { readWholeFile } = await import("./whole_file.ts");
      return await readWholeFile(source, layer, { range, kept, tied, observer });
    }
    const { readChunks } = await import("./chunk_stream.ts"); // who lists needs none
    return partStream(readChunks(source, content.layer, content, { range, signal }), tied);
  } catch (error) {
    tied.release();
    throw error;
  }
}

/**
 * Checks a range that a caller gives.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkRange(options: FileOptions & { maxBytes?: number | undefined }): void {
  const { start = 0, end = Infinity } = fileOptions(options);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw invalid("start", start, "a whole number of bytes, 0 or more");
  }
  if (end !== Infinity && !(Number.isSafeInteger(end) && end >= start)) {
    throw invalid("end", end, `a whole number of bytes, at least the start, ${start}`);
  }
}

/** Bytes of a file, also where it is found by the name of a hard link, which has no bytes of its own. */
export function sizeOf(content: Content): number {
  if (content.kind === "table") return content.row.entry.size;
  return content.kind === "spool" ? content.at.entry.size : content.layer.size;
}

/**
 * The part of a range that a file has, as `Blob.slice` takes it: what is beyond its end is left out.
 *
 * @param options a range that was checked
 */
export function rangeIn(content: Content, options: FileOptions): ByteRange {
  const size = sizeOf(content);
  const { start = 0, end = size } = options;
  return { start: Math.min(start, size), end: Math.min(end, size) };
}

/**
 * As {@linkcode rangeIn}, where it fits into the memory that a caller gives.
 *
 * @param path of the file, for the error
 * @throws {BlobberError} `limit`, `invalid-option`
 */
export function smallRangeIn(content: Content, path: string, options: FileReadOptions): ByteRange {
  const { maxBytes = MAX_READ_BYTES } = options;
  checkLimits({ maxBytes });
  const range = rangeIn(content, options);
  const length = range.end - range.start;
  if (length <= maxBytes) return range;
  throw new BlobberError(
    "limit",
    `${counted(length, "byte")} of ${quote(path)} are to be read into memory, expected at most ` +
      maxBytes,
    { hint: ["open it as a stream, or raise the limit with ", { option: "maxBytes" }] },
  );
}

/** All of a stream that has as many bytes as a range. */
export async function allOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { start, end }: ByteRange,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  let at = 0;
  for await (const part of stream) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function invalid(option: string, value: unknown, expected: string): BlobberError {
  return new BlobberError("invalid-option", `invalid ${option}: ${value}, expected ${expected}`);
}
