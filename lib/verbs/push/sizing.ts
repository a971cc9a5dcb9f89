/**
 * How much a large directory holds, learned while it is packed. Its entries are looked at as they are packed, so
 * that none is stale by then, and how many bytes they have in all would be known at the very end. A push that
 * takes long enough to be watched walks the directory once more, beside the work and for a small
 * part of its time.
 *
 * @module
 */

import type { WalkedEntry } from "../../archive/input/walk.ts";

/** How long a push goes on before it is worth to know, in milliseconds. */
const WORTH_MS = 2000;
/** The part of the time since then that is spent. */
const SHARE = 1 / 16;
/** The most of it in one go, in milliseconds. */
const TURN_MS = 10;
/** Entries between two looks at the clock. */
const ENTRIES = 32;

/** Adds up the sizes of what a walk finds. */
export class Sizing {
  readonly #walk: () => Iterator<Pick<WalkedEntry, "size">, void>;
  readonly #now: () => number;
  readonly #worth: number;
  #walked: Iterator<Pick<WalkedEntry, "size">, void> | undefined;
  /** When this may go on: each turn is followed by a rest in proportion. */
  #next = 0;
  #bytes = 0;
  #state: "walking" | "done" | "given up" = "walking";

  /**
   * @param walk begins the walk
   * @param now milliseconds from a clock that does not jump
   */
  constructor(
    walk: () => Iterator<Pick<WalkedEntry, "size">, void>,
    now: () => number = () => performance.now(),
  ) {
    this.#walk = walk;
    this.#now = now;
    this.#worth = now() + WORTH_MS;
  }

  /** The bytes of all entries, once they are known. Asked for now and then, it walks on. */
  total(): number | undefined {
    const begin = this.#now();
    if (this.#state === "walking" && begin >= Math.max(this.#worth, this.#next)) {
      try {
        this.#step(begin);
      } catch { // what cannot be read, or went away, is told by who packs it
        this.#state = "given up";
      }
      const end = this.#now();
      this.#next = end + (end - begin) / SHARE;
    }
    return this.#state === "done" ? this.#bytes : undefined;
  }

  #step(begin: number): void {
    this.#walked ??= this.#walk();
    do {
      for (let i = 0; i < ENTRIES; i++) {
        const { done, value } = this.#walked.next();
        if (done) {
          this.#state = "done";
          return;
        }
        this.#bytes += value.size;
      }
    } while (this.#now() - begin < TURN_MS);
  }
}
