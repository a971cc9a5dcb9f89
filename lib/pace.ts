/**
 * Keeps long work on this thread polite: it lets events through, and stops when it is told to.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { BlobberError } from "./errors.ts";

/** How long work may keep the thread, in milliseconds: Ctrl-C is to answer within 100. */
const TURN_MS = 20;

/** What an abort means: the caller's own error when it gave one, else `interrupted`. */
export function interruption(signal: AbortSignal): BlobberError {
  const { reason } = signal;
  if (reason instanceof BlobberError) return reason;
  return new BlobberError("interrupted", "the work was interrupted", { cause: reason });
}

/** Lets events through once: signals, answers of threads, what came over the network. */
export function turn(): Promise<void> {
  return new Promise<void>((resolve) => setImmediate(resolve));
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
    await turn();
    this.#turn = performance.now();
    this.check();
  }
}
