/**
 * Small JSON files of the cache, each with the digest of its own content: one that was damaged or torn is
 * none.
 *
 * @module
 */

import { digestOf } from "../../digest.ts";
import { readBounded } from "../../system/files.ts";
import { MAX_CACHE_RECORD_BYTES } from "../../limits.ts";
import { nodeModule } from "../../system/runtime.ts";
import { writeQuietly } from "../own/directory.ts";
import type { CachePaths } from "./paths.ts";

/** Version of the records; others are ignored. */
const VERSION = 1;

/**
 * Reads a record.
 *
 * @param path its file
 * @returns `undefined` when there is none, or none that is whole
 */
export function readRecord(path: string): unknown {
  try {
    const bytes = readBounded(path, MAX_CACHE_RECORD_BYTES);
    if (bytes === undefined) return undefined;
    const { version, digest, value } = JSON.parse(new TextDecoder().decode(bytes));
    if (version === VERSION && digestOf(JSON.stringify(value)) === digest) return value;
  } catch { // what cannot be read is dropped
  }
  nodeModule("fs").rmSync(path, { force: true });
  return undefined;
}

/**
 * Writes a record, in one step.
 *
 * @param paths the cache
 * @param path its file
 * @param value JSON
 */
export function writeRecord(paths: CachePaths, path: string, value: unknown): void {
  const digest = digestOf(JSON.stringify(value));
  writeQuietly(
    paths,
    path,
    new TextEncoder().encode(
      JSON.stringify({ version: VERSION, digest, value }),
    ),
  );
}
