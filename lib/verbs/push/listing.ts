/**
 * A directory that is pushed: a look at its first entries says whether threads are worth their start.
 *
 * @module
 */

import { walk, type WalkedEntry, type WalkOptions } from "../../archive/input/walk.ts";

/** Work, in bytes to pack, that is half over before a thread would have begun. */
export const THREADS_WORTH: number = 12 * 1024 * 1024;
/** What an entry costs beside its bytes, in bytes to pack. */
const ENTRY_COST = 4096;

/** Entries of a directory, of which the first were looked at ahead. */
export class Listing {
  /** Its root. */
  readonly directory: string;
  readonly #options: WalkOptions;
  readonly #walked: Generator<WalkedEntry, void, void>;
  #seen: WalkedEntry[] = [];
  #used = false;
  /** Whether threads are worth their start. If not, all of it was looked at. */
  readonly worthThreads: boolean;

  /**
   * @param directory its root
   * @param options as `walk` has them
   */
  constructor(directory: string, options: WalkOptions) {
    this.directory = directory;
    this.#options = options;
    this.#walked = walk(directory, options);
    let cost = 0;
    while (cost < THREADS_WORTH) {
      const { done, value } = this.#walked.next();
      if (done) break;
      this.#seen.push(value);
      cost += value.size + ENTRY_COST;
    }
    this.worthThreads = cost >= THREADS_WORTH;
  }

  /** Bytes of all files, where all of it was looked at. */
  get bytes(): number | undefined {
    return this.worthThreads ? undefined : this.#seen.reduce((sum, { size }) => sum + size, 0);
  }

  /** Walks a large directory anew, for what its entries are. */
  walkAgain(): Generator<WalkedEntry, void, void> {
    // What there is to be said of names was said by the first walk.
    const { refuse, ignoring } = this.#options;
    return walk(this.directory, { refuse, ignoring });
  }

  /** What was looked at, until it is used. */
  get seen(): readonly WalkedEntry[] {
    return this.#seen;
  }

  /** All entries. A second time, a large directory is walked anew: its entries are not kept. */
  *entries(): Generator<WalkedEntry, void, void> {
    if (this.#used && this.worthThreads) {
      yield* this.walkAgain();
      return;
    }
    this.#used = true;
    yield* this.worthThreads ? this.#seen.splice(0) : this.#seen;
    yield* this.#walked;
  }
}
