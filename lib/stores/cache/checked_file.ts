/**
 * Cached files, checked before a byte of them is handed out.
 *
 * @module
 */

import { checkAborted } from "../../errors.ts";
import { sameBytes } from "../../bytes.ts";
import { checkBytes, checkDigest } from "../../checked_content.ts";
import { type Digest, Digester, sha256 } from "../../digest.ts";
import { type DiskFile, fileOf, fill, openFile } from "../../system/disk.ts";
import { CACHE_BLOCK_BYTES } from "../../limits.ts";
import type { ByteRange, CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { CachePaths } from "./paths.ts";
import { writeQuietly } from "../own/directory.ts";
import { readBounded } from "../../system/files.ts";
import { nodeModule } from "../../system/runtime.ts";

/** Files up to this size are read once, to be hashed and handed out: all but large blobs. */
const MAX_AT_ONCE = 4 * 1024 * 1024;
/** Blocks hashed before other work of the thread gets a turn, so that a signal is noticed. */
const BLOCKS_AT_ONCE = 32;
const SUM = 32;

/**
 * Opens a file whose whole content has a digest.
 *
 * @param path the file; it is removed when it is something else
 * @returns the open file, to be closed by the caller; `undefined` when there is none
 */
export async function openCheckedFile(
  path: string,
  size: number,
  digest: Digest,
  options: CallOptions,
): Promise<DiskFile | undefined> {
  return await openSound(path, size, async (file) => {
    if (size <= MAX_AT_ONCE) {
      const bytes = new Uint8Array(size);
      fill(bytes, file, 0);
      await checkBytes(bytes, { size, digest, name: path });
      file.close();
      return fileOf(bytes);
    }
    const digester = new Digester();
    await eachBlock(file, { start: 0, end: size }, options, (bytes) => void digester.update(bytes));
    checkDigest({ actual: digester.digest(), expected: digest, name: path });
    return file;
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
export async function openCheckedRange(
  paths: CachePaths,
  target: Descriptor,
  range: ByteRange,
  options: CallOptions,
): Promise<DiskFile | undefined> {
  return await openSound(paths.blob(target.digest), target.size, async (file) => {
    const sums = readSums(paths, target) ?? await makeSums(paths, target, file, options);
    const start = Math.floor(range.start / CACHE_BLOCK_BYTES) * CACHE_BLOCK_BYTES;
    const end = Math.min(Math.ceil(range.end / CACHE_BLOCK_BYTES) * CACHE_BLOCK_BYTES, target.size);
    let at = (start / CACHE_BLOCK_BYTES) * SUM;
    let good = true;
    await eachBlock(file, { start, end }, options, (bytes) => {
      const sum = sha256(bytes);
      good &&= sameBytes(sums.subarray(at, at + SUM), sum);
      at += SUM;
    });
    if (good) return file;
    remove(paths.sums(target.digest));
    return undefined;
  });
}

/**
 * Opens a file of the cache and checks it. One that is damaged is removed.
 *
 * @param check throws, or returns nothing, when the file is damaged; else the file to hand out
 */
async function openSound(
  path: string,
  size: number,
  check: (file: DiskFile) => Promise<DiskFile | undefined>,
): Promise<DiskFile | undefined> {
  let file: DiskFile | undefined;
  try {
    file = openFile(path);
    if (file === undefined) return undefined;
    const good = file.size === size ? await check(file) : undefined;
    if (good !== undefined) return good;
  } catch (error) {
    if (!isDamage(error)) {
      file?.close();
      throw error;
    }
  }
  file?.close();
  remove(path);
  return undefined;
}

function remove(path: string): void {
  nodeModule("fs").rmSync(path, { force: true });
}

/** A digest that differs and a failing disk are damage; that the caller stopped the call is not. */
function isDamage(error: unknown): boolean {
  return typeof (error as { code?: unknown })?.code === "string";
}

async function eachBlock(
  file: DiskFile,
  range: ByteRange,
  options: CallOptions,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(CACHE_BLOCK_BYTES, range.end - range.start));
  let blocks = 0;
  for (let at = range.start; at < range.end; at += buffer.length) {
    const length = Math.min(buffer.length, range.end - at);
    take(buffer.subarray(0, fill(buffer.subarray(0, length), file, at)));
    if (++blocks % BLOCKS_AT_ONCE === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      checkAborted(options.signal);
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
    const isWhole = bytes.length === length && sameBytes(bytes.subarray(-SUM), sha256(sums));
    if (isWhole) return sums;
  } catch { // damaged
  }
  remove(path);
  return undefined;
}

async function makeSums(
  paths: CachePaths,
  target: Descriptor,
  file: DiskFile,
  options: CallOptions,
): Promise<Uint8Array> {
  const whole = new Digester();
  const bytes = new Uint8Array((Math.ceil(target.size / CACHE_BLOCK_BYTES) + 1) * SUM);
  let at = 0;
  await eachBlock(file, { start: 0, end: target.size }, options, (block) => {
    whole.update(block);
    bytes.set(sha256(block), at);
    at += SUM;
  });
  const name = paths.blob(target.digest);
  checkDigest({ actual: whole.digest(), expected: target.digest, name });
  const sums = bytes.subarray(0, at);
  bytes.set(sha256(sums), at);
  try {
    writeQuietly(paths, paths.sums(target.digest), bytes);
  } catch { // taken again the next time
  }
  return sums;
}
