/**
 * How much an archive may hold.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_BYTES, MAX_ENTRIES } from "../../limits.ts";
import type { UnpackLimits } from "../../options.ts";
import { quote } from "../../printable.ts";

/** What is left of the limits while entries are counted. */
export class Budget {
  readonly #limits: Required<{ [K in keyof UnpackLimits]: number }>;
  /** Entries so far, of any kind, whiteouts included. */
  #entries = 0;
  /** Bytes of all files so far. */
  bytes = 0;

  /** @param limits how much is accepted; the defaults where they say nothing */
  constructor(limits: UnpackLimits) {
    this.#limits = {
      maxEntries: limits.maxEntries ?? MAX_ENTRIES,
      maxBytes: limits.maxBytes ?? MAX_BYTES,
      maxFileBytes: limits.maxFileBytes ?? Infinity,
    };
  }

  /**
   * Counts an entry.
   *
   * @throws {BlobberError} `limit`
   */
  spend(path: string, size: number): void {
    const { maxEntries, maxBytes, maxFileBytes } = this.#limits;
    this.#entries++;
    this.bytes += size;
    if (this.#entries > maxEntries) {
      const what = "the archive's entries are more than allowed:";
      throw over(what, this.#entries, maxEntries, "--max-entries");
    }
    if (size > maxFileBytes) {
      const what = `the bytes of ${quote(path)} are more than allowed:`;
      throw over(what, size, maxFileBytes, "--max-file-bytes");
    }
    if (this.bytes > maxBytes) {
      throw over(
        "the archive's bytes are more than allowed:",
        this.bytes,
        maxBytes,
        "--max-bytes",
      );
    }
  }
}

function over(what: string, actual: number, limit: number, flag: string): BlobberError {
  return new BlobberError("limit", `${what} ${actual}, expected at most ${limit}`, {
    hint: `raise the limit with ${flag} if you trust the artifact`,
  });
}
