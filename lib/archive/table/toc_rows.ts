/**
 * Writes the table of contents: one row a line, fields in the order of containerd's own writer, nothing
 * that is zero or empty. The bytes of a table are what its digest is of, so there is one way to write them.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { type Entry, type EntryType, storedName } from "../entry.ts";
import { isStatable, type TocEntry } from "../toc.ts";

/** Where a chunk of a file is, and what it must be. */
export interface ChunkPlace {
  /** Where in the blob its member begins. */
  offset: number;
  /** Where in the member's plain bytes it begins. */
  innerOffset: number;
  /** Where in the file it begins. */
  chunkOffset: number;
  /** Its bytes; 0 when it reaches to the file's end. */
  chunkSize: number;
  chunkDigest: Digest;
}

/** What a table begins with. */
export const TOC_HEAD = '{"version":1,"entries":[\n';
/** What stands between two rows. */
export const TOC_SEPARATOR = ",\n";
/** What a table ends with. */
export const TOC_TAIL = "\n]}\n";

const TYPES: Readonly<Record<EntryType, TocEntry["type"]>> = {
  file: "reg",
  directory: "dir",
  symlink: "symlink",
  hardlink: "hardlink",
  char: "char",
  block: "block",
  fifo: "fifo",
};

/**
 * The row of an entry, with its first chunk when it has content.
 *
 * @param entry the entry
 * @param digest digest of the whole file; files only
 * @param first its first chunk; files with content only
 */
export function entryRow(entry: Entry, digest?: Digest, first?: ChunkPlace): string {
  let row = `{"name":${JSON.stringify(storedName(entry))},"type":"${TYPES[entry.type]}"`;
  if (entry.size > 0) row += `,"size":${entry.size}`;
  if (entry.mtime !== 0 && isStatable(entry.mtime)) {
    const time = new Date(entry.mtime * 1000).toISOString().replace(".000Z", "Z");
    row += `,"modtime":"${time}"`;
  }
  if (entry.linkTarget !== undefined) row += `,"linkName":${JSON.stringify(entry.linkTarget)}`;
  if (entry.mode !== 0) row += `,"mode":${entry.mode}`;
  if (first !== undefined) row += placeFields(first);
  if (digest !== undefined) row += `,"digest":"${digest}"`;
  if (first !== undefined) row += chunkFields(first);
  return row + "}";
}

/**
 * The row of a further chunk of a file.
 *
 * @param entry the file
 * @param place the chunk
 */
export function chunkRow(entry: Entry, place: ChunkPlace): string {
  const name = JSON.stringify(entry.path);
  return `{"name":${name},"type":"chunk"${placeFields(place)}${chunkFields(place)}}`;
}

function placeFields({ offset, innerOffset }: ChunkPlace): string {
  return `,"offset":${offset}` + (innerOffset > 0 ? `,"innerOffset":${innerOffset}` : "");
}

function chunkFields({ chunkOffset, chunkSize, chunkDigest }: ChunkPlace): string {
  return (chunkOffset > 0 ? `,"chunkOffset":${chunkOffset}` : "") +
    (chunkSize > 0 ? `,"chunkSize":${chunkSize}` : "") + `,"chunkDigest":"${chunkDigest}"`;
}
