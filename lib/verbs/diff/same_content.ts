/**
 * Whether two files have the same content, found with the least that has to be read.
 *
 * Tables state digests of chunks, and every reading is checked against those, so where both cut a file at the
 * same places they decide. They do not where the cuts are others, as between two writers of tables: the digest
 * of the whole file that a table may state beside them is only a claim, which not every reader checks. Then one
 * of the two is read, cut as the other is, and compared with the digests of that one's chunks. Of a file on the
 * disk nothing is known, and it is the one that is read.
 *
 * @module
 */

import { Digester } from "../../digest.ts";
import type { CallOptions } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import type { FileContent, Part } from "./side.ts";

/** How contents are read to be compared. */
export interface ReadingOptions extends CallOptions {
  /** Told of bytes that were read, and whether they had to be fetched. */
  onBytes: (bytes: number) => void;
}

/**
 * What two files' digests say about their being the same.
 *
 * @returns `undefined` where only reading one of them can tell
 */
export function sameByDigests(a: FileContent, b: FileContent): boolean | undefined {
  if (a.size !== b.size) return false;
  if (a.size === 0) return true;
  return a.parts && b.parts && sameParts(a.parts, b.parts);
}

function sameParts(a: readonly Part[], b: readonly Part[]): boolean | undefined {
  let decided = true;
  for (let [i, j, from, fromB] = [0, 0, 0, 0]; i < a.length && j < b.length;) {
    const [one, other] = [a[i]!, b[j]!];
    if (from !== fromB || one.end !== other.end) decided = false;
    else if (one.digest !== other.digest) return false;
    if (one.end <= other.end) [from, i] = [one.end, i + 1];
    if (other.end <= one.end) [fromB, j] = [other.end, j + 1];
  }
  return decided ? true : undefined;
}

/** Which of two files is read, where reading one of them has to tell, and which is known by its digests. */
export function whichIsRead(
  a: FileContent,
  b: FileContent,
): { read: FileContent; known: FileContent } {
  if (a.parts === undefined || b.parts === undefined) {
    return a.parts === undefined && b.parts !== undefined
      ? { read: a, known: b }
      : { read: b, known: a };
  }
  return b.cost < a.cost ? { read: b, known: a } : { read: a, known: b };
}

/**
 * Whether two files of one size have the same content, by reading.
 *
 * @throws {BlobberError} `integrity`, `file-system`, `source-changed`, and what the source throws
 */
export async function sameByReading(
  a: FileContent,
  b: FileContent,
  options: ReadingOptions,
): Promise<boolean> {
  const { read, known } = whichIsRead(a, b);
  const parts = known.parts ?? [await wholeOf(known, options)];
  return await hasParts(read, parts, options);
}

/** A file as one part, of which nothing was known before it was read. */
async function wholeOf(content: FileContent, { signal, onBytes }: ReadingOptions): Promise<Part> {
  const pace = new Pace(signal);
  const digester = new Digester();
  for await (const bytes of content.read({ signal })) {
    digester.update(bytes);
    onBytes(bytes.length);
    await pace.breathe();
  }
  return { end: content.size, digest: digester.digest() };
}

/** Reads a file up to the first part that another has not. */
async function hasParts(
  content: FileContent,
  parts: readonly Part[],
  { signal, onBytes }: ReadingOptions,
): Promise<boolean> {
  const pace = new Pace(signal);
  let [at, i] = [0, 0];
  let digester = new Digester();
  for await (const bytes of content.read({ signal })) {
    for (let from = 0; from < bytes.length;) {
      const { end, digest } = parts[i]!;
      const length = Math.min(bytes.length - from, end - at);
      digester.update(bytes.subarray(from, from + length));
      at += length;
      from += length;
      if (at < end) continue;
      if (digester.digest() !== digest) return false;
      digester = new Digester();
      i++;
    }
    onBytes(bytes.length);
    await pace.breathe();
  }
  return i === parts.length;
}
