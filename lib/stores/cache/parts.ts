/**
 * Ranges of blobs that are not in the cache whole: the table of a layer and the members that were
 * read. Each is a file that carries its own digest in its name.
 *
 * @module
 */

import { rename } from "../../system/files.ts";
import { type Digest, hexOf } from "../../digest.ts";
import { type DiskFile, makeDirectory } from "../../system/disk.ts";
import { listDirectory, nodeModule } from "../../system/runtime.ts";
import type { ByteRange, CallOptions } from "../../store.ts";
import { byteStream } from "../../system/streams.ts";
import { openCheckedFile } from "./checked_file.ts";
import type { CachePaths } from "./paths.ts";

interface Part extends ByteRange {
  path: string;
  digest: Digest;
}

/**
 * Opens a range of a blob from the parts that cover it.
 *
 * @param paths the cache
 * @param blob the blob's digest
 * @param range what is wanted of it
 * @returns `undefined` when the parts do not cover it
 */
export async function openParts(
  paths: CachePaths,
  blob: Digest,
  range: ByteRange,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
  for (;;) {
    const parts = cover(list(paths.parts(blob)), range);
    if (parts === undefined) return undefined;
    const files = await openAll(parts, options);
    if (files) return streamParts(parts, files, range);
    // One of them was damaged and is gone: perhaps others cover the range.
  }
}

/**
 * Puts a range of a blob in the cache.
 *
 * @param part where it is in the blob, its complete content as a file, which is moved, and the digest of that
 */
export function keepPart(
  paths: CachePaths,
  blob: Digest,
  { range, file, digest }: { range: ByteRange; file: string; digest: Digest },
): void {
  const directory = paths.parts(blob);
  const { rmSync } = nodeModule("fs");
  makeDirectory(directory);
  const path = `${directory}/${range.start}-${range.end}-${hexOf(digest)}`;
  rename(file, path);
  for (const other of list(directory)) {
    const inside = other.start >= range.start && other.end <= range.end;
    if (inside && other.path !== path) rmSync(other.path, { force: true });
  }
}

/** Removes all parts of a blob, or those that overlap a range. Says whether there were any. */
export function dropParts(paths: CachePaths, blob: Digest, range?: ByteRange): boolean {
  const { rmSync } = nodeModule("fs");
  const directory = paths.parts(blob);
  const { start, end } = range ?? { start: 0, end: Infinity };
  const found = list(directory).filter((part) => part.start < end && part.end > start);
  for (const { path } of found) rmSync(path, { force: true });
  if (range === undefined) rmSync(directory, { recursive: true, force: true });
  return found.length > 0;
}

function list(directory: string): Part[] {
  let found: { name: string }[];
  try {
    found = listDirectory(directory);
  } catch {
    return [];
  }
  return found.flatMap(({ name }) => {
    const match = /^(\d{1,15})-(\d{1,15})-([0-9a-f]{64})$/.exec(name);
    if (!match) return [];
    const [start, end] = [Number(match[1]), Number(match[2])];
    const digest: Digest = `sha256:${match[3]}`;
    return end > start ? [{ path: `${directory}/${name}`, start, end, digest }] : [];
  });
}

/** The fewest parts that hold a range, in order. */
function cover(parts: Part[], range: ByteRange): Part[] | undefined {
  const chosen: Part[] = [];
  let at = range.start;
  while (at < range.end) {
    let best: Part | undefined;
    for (const part of parts) {
      if (part.start <= at && part.end > at && part.end > (best?.end ?? 0)) best = part;
    }
    if (best === undefined) return undefined;
    chosen.push(best);
    at = best.end;
  }
  return chosen;
}

async function openAll(parts: Part[], options: CallOptions): Promise<DiskFile[] | undefined> {
  const files: DiskFile[] = [];
  try {
    for (const { path, start, end, digest } of parts) {
      const file = await openCheckedFile(path, end - start, digest, options);
      if (file === undefined) break;
      files.push(file);
    }
  } catch (error) {
    closeAll(files);
    throw error;
  }
  if (files.length === parts.length) return files;
  closeAll(files);
  return undefined;
}

function streamParts(
  parts: Part[],
  files: DiskFile[],
  range: ByteRange,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = range.start;
  let i = 0;
  return byteStream((into) => {
    while (i < parts.length && at >= Math.min(parts[i]!.end, range.end)) i++;
    const part = parts[i];
    if (part === undefined) return 0;
    const length = Math.min(into.length, part.end - at, range.end - at);
    const n = files[i]!.read(into.subarray(0, length), at - part.start);
    at += n;
    return n;
  }, () => closeAll(files));
}

function closeAll(files: DiskFile[]): void {
  for (const file of files) file.close();
}
