/**
 * Cached files, checked before a byte of them is handed out.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { closeSync, readSync, rmSync } from "node:fs";
import { type Digest, hexOf } from "../digest.ts";
import { openRegular } from "../files.ts";
import { CACHE_BLOCK_BYTES } from "../limits.ts";
import type { ByteRange, CallOptions } from "../store.ts";
import type { Descriptor } from "../types.ts";
import type { CachePaths } from "./paths.ts";
import { writeQuietly } from "./record.ts";
import { readBounded } from "../files.ts";

/** Blocks hashed before others get a turn, so that a signal is heard. */
const BLOCKS_AT_ONCE = 32;
const SUM = 32;

/**
 * Opens a file whose whole content has a digest.
 *
 * @param path the file; it is removed when it is something else
 * @returns the open file, to be closed by the caller; `undefined` when there is none
 */
export async function openWhole(
  path: string,
  size: number,
  digest: Digest,
  options: CallOptions,
): Promise<number | undefined> {
  return await open(path, size, async (fd) => {
    const hash = createHash("sha256");
    await eachBlock(fd, { start: 0, end: size }, options, (bytes) => void hash.update(bytes));
    return hash.digest("hex") === hexOf(digest);
  });
}

/**
 * Opens a whole cached blob of which only a range is wanted. Only the blocks of that range are read, by
 * digests that were taken when the whole was last checked.
 *
 * @param paths the cache
 * @param target the blob
 * @param range what is wanted of it
 */
export async function openRange(
  paths: CachePaths,
  target: Descriptor,
  range: ByteRange,
  options: CallOptions,
): Promise<number | undefined> {
  return await open(paths.blob(target.digest), target.size, async (fd) => {
    const sums = readSums(paths, target) ?? await makeSums(paths, target, fd, options);
    if (sums === undefined) {
      rmSync(paths.sums(target.digest), { force: true });
      return false;
    }
    const start = Math.floor(range.start / CACHE_BLOCK_BYTES) * CACHE_BLOCK_BYTES;
    const end = Math.min(Math.ceil(range.end / CACHE_BLOCK_BYTES) * CACHE_BLOCK_BYTES, target.size);
    let at = (start / CACHE_BLOCK_BYTES) * SUM;
    let good = true;
    await eachBlock(fd, { start, end }, options, (bytes) => {
      const sum = createHash("sha256").update(bytes).digest();
      good &&= sum.every((byte, i) => byte === sums[at + i]);
      at += SUM;
    });
    if (!good) rmSync(paths.sums(target.digest), { force: true });
    return good;
  });
}

async function open(
  path: string,
  size: number,
  check: (fd: number) => Promise<boolean>,
): Promise<number | undefined> {
  let fd: number | undefined;
  let good = false;
  try {
    const file = openRegular(path);
    if (file === undefined) return undefined;
    fd = file.fd;
    good = file.size === size && await check(fd);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    if (!isDamage(error)) throw error;
  }
  if (good) return fd;
  if (fd !== undefined) closeSync(fd);
  rmSync(path, { force: true });
  return undefined;
}

/** What a disk or a stranger did to a file is damage; that a call was stopped is not. */
function isDamage(error: unknown): boolean {
  return typeof (error as { code?: unknown })?.code === "string";
}

async function eachBlock(
  fd: number,
  range: ByteRange,
  options: CallOptions,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(CACHE_BLOCK_BYTES, range.end - range.start));
  let blocks = 0;
  for (let at = range.start; at < range.end; at += buffer.length) {
    const length = Math.min(buffer.length, range.end - at);
    let read = 0;
    while (read < length) {
      const n = readSync(fd, buffer, read, length - read, at + read);
      if (n === 0) break; // shorter than it was: the digest will tell
      read += n;
    }
    take(buffer.subarray(0, read));
    if (++blocks % BLOCKS_AT_ONCE === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      options.signal?.throwIfAborted();
    }
  }
}

/** The digests of a blob's blocks, followed by the digest of those. */
function readSums(paths: CachePaths, target: Descriptor): Uint8Array | undefined {
  const length = (Math.ceil(target.size / CACHE_BLOCK_BYTES) + 1) * SUM;
  const path = paths.sums(target.digest);
  try {
    const bytes = readBounded(path, length);
    if (bytes === undefined) return undefined;
    const sums = bytes.subarray(0, -SUM);
    const own = createHash("sha256").update(sums).digest();
    if (bytes.length === length && own.every((byte, i) => byte === bytes[sums.length + i])) {
      return sums;
    }
  } catch { // damaged
  }
  rmSync(path, { force: true });
  return undefined;
}

async function makeSums(
  paths: CachePaths,
  target: Descriptor,
  fd: number,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  const whole = createHash("sha256");
  const bytes = new Uint8Array((Math.ceil(target.size / CACHE_BLOCK_BYTES) + 1) * SUM);
  let at = 0;
  await eachBlock(fd, { start: 0, end: target.size }, options, (block) => {
    whole.update(block);
    bytes.set(createHash("sha256").update(block).digest(), at);
    at += SUM;
  });
  if (whole.digest("hex") !== hexOf(target.digest)) return undefined;
  const sums = bytes.subarray(0, at);
  bytes.set(createHash("sha256").update(sums).digest(), at);
  try {
    writeQuietly(paths, paths.sums(target.digest), bytes);
  } catch { // taken again the next time
  }
  return sums;
}
