/**
 * Where the bytes of blobs came from in one call: out of the cache, or from the store behind it.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";

/** Counts what a cache gives in place of the store behind it, and what it fetches for itself. */
export class Traffic {
  readonly #reused = new Map<Digest, number>();
  readonly #beside = new Map<Digest, number>();

  /** The cache has these bytes of a blob. */
  reuse(blob: Digest, bytes: number): void {
    this.#reused.set(blob, (this.#reused.get(blob) ?? 0) + bytes);
  }

  /** The cache fetches these bytes of a blob, to have a part of them read from it. */
  fetchBeside(blob: Digest, bytes: number): void {
    this.#beside.set(blob, (this.#beside.get(blob) ?? 0) + bytes);
  }

  /**
   * What was fetched of some blobs, and what was reused.
   *
   * @param blobs which
   * @param read bytes of them that were read, from wherever they came
   */
  of(
    blobs: readonly { digest: Digest }[],
    read: number,
  ): { fetched: number; reused: number } {
    const digests = [...new Set(blobs.map(({ digest }) => digest))];
    const sum = (counts: Map<Digest, number>) =>
      digests.reduce((sum, digest) => sum + (counts.get(digest) ?? 0), 0);
    const reused = sum(this.#reused);
    return { fetched: Math.max(0, read - reused) + sum(this.#beside), reused };
  }
}
