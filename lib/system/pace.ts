/**
 * Keeps long work on this thread polite: it lets events through, and stops when it is told to.
 *
 * @module
 */

import { checkAborted } from "../errors.ts";
import { idleTurn } from "./runtime.ts";

/** How long work may keep the thread, in milliseconds: Ctrl-C is to answer within 100. */
const TURN_MS = 20;

/** Steps of work after which to look at the clock: rows of a table, entries, components of a path. */
export const STEPS_A_TURN = 1024;

/**
 * One piece of long work. A loop over what was sent counts its steps here and breathes when they are many:
 *
 * ```ts ignore
 * if (pace.due()) await pace.breathe();
 * ```
 *
 * So work hears its signal within {@linkcode STEPS_A_TURN} steps, and how much work something is can be
 * counted where a clock would tell nothing.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #turn = performance.now();
  #next = STEPS_A_TURN;
  /** Steps so far. */
  steps = 0;

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
    checkAborted(this.#signal);
  }

  /**
   * Counts steps.
   *
   * @param steps how many were done, or are about to be
   * @returns whether it is time to breathe
   */
  due(steps = 1): boolean {
    this.steps += steps;
    return this.steps >= this.#next;
  }

  /** As {@linkcode check}; and lets events through when the thread has been kept for long enough. */
  async breathe(): Promise<void> {
    this.#next = this.steps + STEPS_A_TURN;
    this.check();
    if (performance.now() - this.#turn < TURN_MS) return;
    await idleTurn();
    this.#turn = performance.now();
    this.check();
  }
}
