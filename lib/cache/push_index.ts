/**
 * What pushes have made, by a fingerprint of what went into them, so that pushing the same again costs a
 * question instead of the work. What it says is a claim: the registry is asked whether it has the layer.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { asDigest, type Digest } from "../digest.ts";
import { isBlobberError } from "../errors.ts";
import { parseDescriptor } from "../manifest.ts";
import type { Descriptor } from "../types.ts";
import { prepareDirectory } from "./directory.ts";
import { type CachePaths, cachePaths } from "./paths.ts";
import { readRecord, writeRecord } from "./record.ts";

/** What is known of a layer that was made once. */
export interface PushRecord {
  /** The layer, with the annotations that it has in the manifest. */
  layer: Descriptor;
  /** Digest of its uncompressed tar. */
  diffId: Digest;
  /** Entries in it. */
  entries: number;
  /** Bytes of all files in it. */
  bytes: number;
}

/** Remembers layers by fingerprint. */
export class PushIndex {
  readonly #paths: CachePaths;

  private constructor(paths: CachePaths) {
    this.#paths = paths;
  }

  /**
   * Opens the index in a cache.
   *
   * @param directory of the cache
   * @returns `undefined` where it cannot be used
   */
  static open(directory: string): PushIndex | undefined {
    const paths = cachePaths(directory);
    return prepareDirectory(paths) === undefined ? new PushIndex(paths) : undefined;
  }

  /**
   * What is known under a fingerprint.
   *
   * @param fingerprint everything that the layer's bytes depend on
   */
  get(fingerprint: string): PushRecord | undefined {
    const path = this.#paths.push(fingerprint);
    const record = readRecord(path) as Record<string, unknown> | undefined;
    if (record === undefined) return undefined;
    try {
      const { entries, bytes } = record;
      if (!isCount(entries) || !isCount(bytes)) return undefined;
      const layer = parseDescriptor(record.layer, "layer");
      return { layer, diffId: asDigest(record.diffId, "diffId"), entries, bytes };
    } catch (error) {
      if (!isBlobberError(error)) throw error;
      rmSync(path, { force: true });
      return undefined;
    }
  }

  /** Remembers a layer. That it cannot be written is of no consequence. */
  set(fingerprint: string, record: PushRecord): void {
    try {
      const { layer, diffId, entries, bytes } = record;
      writeRecord(this.#paths, this.#paths.push(fingerprint), { layer, diffId, entries, bytes });
    } catch { // made again the next time
    }
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
