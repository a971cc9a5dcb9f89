/**
 * Keeps long work on this thread polite: it lets events through, and stops when it is told to.
 *
 * @module
 */

import { BlobberError } from "./errors.ts";
import { idleTurn } from "./runtime.ts";

/** How long work may keep the thread, in milliseconds: Ctrl-C is to answer within 100. */
const TURN_MS = 20;

/** Rows of a table, or entries, after which to look at the clock. */
export const ROWS_A_TURN = 1024;

/** What an abort means: the caller's own error when it gave one, else `interrupted`. */
export function interruption(signal: AbortSignal): BlobberError {
  const { reason } = signal;
  if (reason instanceof BlobberError) return reason;
  return new BlobberError("interrupted", "the work was interrupted", { cause: reason });
}

/** One piece of long work. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #turn = performance.now();

  /** @param signal what stops the work */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Stops the work if it is to be stopped.
   *
   * @throws {BlobberError} `interrupted`
   */
  check(): void {
    if (this.#signal?.aborted) throw interruption(this.#signal);
  }

  /** As {@linkcode check}; and lets events through when the thread has been kept for long enough. */
  async breathe(): Promise<void> {
    this.check();
    if (performance.now() - this.#turn < TURN_MS) return;
    await idleTurn();
    this.#turn = performance.now();
    this.check();
  }
}
