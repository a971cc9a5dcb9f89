/**
 * How much an archive may hold, and how much work its names may be.
 *
 * @module
 */

import { BlobberError, type Hint } from "../errors.ts";
import {
  FREE_LINK_STEPS,
  FREE_NAME_BYTES,
  LINK_STEPS_A_BYTE,
  MAX_BYTES,
  MAX_ENTRIES,
  NAME_BYTES_AN_ENTRY,
} from "../limits.ts";
import type { UnpackLimits } from "../options.ts";
import { quote } from "../text/printable.ts";

/**
 * Checks limits that a caller gives.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkLimits({ maxEntries, maxBytes, maxFileBytes }: UnpackLimits): void {
  for (const [name, value] of Object.entries({ maxEntries, maxBytes, maxFileBytes })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    throw new BlobberError("invalid-option", `invalid ${name}: ${value}, expected a whole number`);
  }
}

/** What is left of the limits while entries are counted. */
export class Budget {
  readonly #limits: Required<{ [K in keyof UnpackLimits]: number }>;
  /** What this is a part of: what is spent here is spent there too. */
  readonly #whole: Budget | undefined;
  /** Entries so far, of any kind, whiteouts and directories that names imply included. */
  #entries = 0;
  /** Characters of names and link targets so far. */
  #names = 0;
  /** Components walked so far to follow links. */
  #steps = 0;
  /** Bytes of all files so far. */
  bytes = 0;

  /**
   * @param limits how much is accepted; the defaults where they say nothing
   * @param whole what this is a part of
   */
  constructor(limits: UnpackLimits, whole?: Budget) {
    this.#limits = {
      maxEntries: limits.maxEntries ?? MAX_ENTRIES,
      maxBytes: limits.maxBytes ?? MAX_BYTES,
      maxFileBytes: limits.maxFileBytes ?? Infinity,
    };
    this.#whole = whole;
  }

  /** A budget for a part of the work, such as one of several tables, which may have to be done again. */
  part(): Budget {
    return new Budget(this.#limits, this);
  }

  /** A budget with the same limits, of which nothing is spent. */
  anew(): Budget {
    return new Budget(this.#limits);
  }

  /** Gives back to the whole what was spent here: this part is given up. */
  giveBack(): void {
    for (let whole = this.#whole; whole !== undefined; whole = whole.#whole) {
      whole.#entries -= this.#entries;
      whole.#names -= this.#names;
      whole.bytes -= this.bytes;
    }
    this.#entries = this.#names = this.bytes = 0;
  }

  /**
   * Counts an entry.
   *
   * @param path its name
   * @param size bytes of its content
   * @param linkTarget what it links to
   * @throws {BlobberError} `limit`
   */
  spend(path: string, size: number, linkTarget = ""): void {
    const { maxBytes, maxFileBytes } = this.#limits;
    this.#whole?.spend(path, size, linkTarget);
    this.#count(1, path.length + linkTarget.length);
    this.bytes += size;
    if (size > maxFileBytes) {
      const what = `the bytes of ${quote(path)} are more than allowed:`;
      throw overLimit(what, { actual: size, limit: maxFileBytes, option: "maxFileBytes" });
    }
    if (this.bytes > maxBytes) {
      const what = "the archive's bytes are more than allowed:";
      throw overLimit(what, { actual: this.bytes, limit: maxBytes, option: "maxBytes" });
    }
  }

  /**
   * Counts entries of which only names were read.
   *
   * @param entries how many
   * @param names characters in them
   * @throws {BlobberError} `limit`
   */
  spendNames(entries: number, names: number): void {
    this.#whole?.spendNames(entries, names);
    this.#count(entries, names);
  }

  #count(entries: number, names: number): void {
    const { maxEntries } = this.#limits;
    this.#entries += entries;
    this.#names += names;
    if (this.#entries > maxEntries) throw this.#tooMany();
    if (this.#names > FREE_NAME_BYTES && this.#names > maxEntries * NAME_BYTES_AN_ENTRY) {
      const what = "the archive's names have more bytes than allowed:";
      const most = Math.max(FREE_NAME_BYTES, maxEntries * NAME_BYTES_AN_ENTRY);
      throw overLimit(what, { actual: this.#names, limit: most, option: "maxEntries" });
    }
  }

  /**
   * Counts directories that a name implies and no entry names: each is made, and takes memory, like one
   * that an entry names, for as little as two bytes.
   *
   * @throws {BlobberError} `limit`
   */
  imply(directories: number): void {
    this.#whole?.imply(directories);
    this.#entries += directories;
    if (this.#entries > this.#limits.maxEntries) throw this.#tooMany();
  }

  /**
   * Counts components walked to follow links: a few links with long targets can make each of many short
   * names long.
   *
   * @throws {BlobberError} `limit`
   */
  follow(steps: number): void {
    this.#steps += steps;
    const most = FREE_LINK_STEPS + LINK_STEPS_A_BYTE * this.#names;
    if (this.#steps <= most) return;
    throw new BlobberError(
      "limit",
      `links in the archive take ${this.#steps} steps to follow, expected at most ${most} for ` +
        "names of this length",
    );
  }

  #tooMany(): BlobberError {
    const what = "the archive's entries are more than allowed:";
    const { maxEntries } = this.#limits;
    return overLimit(what, { actual: this.#entries, limit: maxEntries, option: "maxEntries" });
  }
}

function overLimit(
  what: string,
  { actual, limit, option }: { actual: number; limit: number; option: keyof UnpackLimits },
): BlobberError {
  return new BlobberError("limit", `${what} ${actual}, expected at most ${limit}`, {
    hint: raiseLimit(option),
  });
}

/**
 * The hint of an error about a limit that a caller may raise.
 *
 * @param option that raises it
 */
export function raiseLimit(option: keyof UnpackLimits): Hint {
  return ["raise the limit with ", { option }, " if you trust the artifact"];
}
