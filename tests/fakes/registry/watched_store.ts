/**
 * A store that writes down what it is asked for, and what tests of the cache need beside it.
 *
 * @module
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, hexOf } from "../../../lib/digest.ts";
import { MemoryStore } from "../../../lib/stores/memory_store.ts";
import type { CallOptions, FetchOptions, Source } from "../../../lib/store.ts";
import type { Descriptor } from "../../../lib/types.ts";
import { readChecked } from "../../../lib/checked_content.ts";
import { blobOf, writeBlob } from "../store_suite.ts";

/** A store that writes down what it is asked for. */
export class Watched extends MemoryStore {
  asked: string[] = [];
  override resolve(tag: string, options?: CallOptions): Promise<Descriptor> {
    this.asked.push(`resolve ${tag}`);
    return super.resolve(tag, options);
  }
  override fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { range } = options;
    this.asked.push(`fetch ${name(target.digest)}${range ? ` ${range.start}-${range.end}` : ""}`);
    return super.fetch(target, options);
  }
}

const name = (digest: Digest) => hexOf(digest).slice(0, 8);

/** Runs something with the path of a directory that does not exist yet and is removed at the end. */
export async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "blobber-cache-"));
  try {
    await body(join(root, "cache"));
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Reads a blob, or a range of one, as text. */
export async function read(
  source: Source,
  target: Descriptor,
  start?: number,
  end?: number,
): Promise<string> {
  const range = start === undefined ? undefined : { start, end: end! };
  const stream = await source.fetch(target, range ? { range } : {});
  const expected = range
    ? { size: range.end - range.start, name: "range" }
    : { size: target.size, digest: target.digest, name: "blob" };
  return new TextDecoder().decode(await readChecked(stream, expected, 1 << 26));
}

/** Content of some blocks. */
export const text = "0123456789".repeat(400_000); // some blocks
/** What names {@linkcode text}. */
export const blob: Descriptor = blobOf(text);
/** Where a cache has a blob. */
export const cacheFile = (directory: string, digest: Digest): string =>
  join(directory, "blobs/sha256", hexOf(digest));
/** What is in a directory; nothing when there is none. */
export const names = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** A store with {@linkcode blob} in it. */
export async function watched(): Promise<Watched> {
  const store = new Watched();
  await writeBlob(store, blob, text);
  return store;
}
