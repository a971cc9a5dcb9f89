/**
 * A pace for tests that ask how much is done after work was told to stop.
 *
 * @module
 */

import { Pace } from "../../lib/system/pace.ts";

/** A pace that is told to stop at one of its breaths. */
export class StoppingPace extends Pace {
  readonly #stop: AbortController;
  #breaths: number;
  #stoppedAt = Infinity;

  /** @param breaths after how many it is told */
  constructor(breaths: number) {
    const stop = new AbortController();
    super(stop.signal);
    this.#stop = stop;
    this.#breaths = breaths;
  }

  /** Steps since it was told to stop. */
  get late(): number {
    return Math.max(0, this.steps - this.#stoppedAt);
  }

  /** As {@linkcode Pace.breathe}; the signal is given when the breath is over, between two turns. */
  override async breathe(): Promise<void> {
    await super.breathe();
    if (--this.#breaths !== 0) return;
    this.#stoppedAt = this.steps;
    this.#stop.abort();
  }
}
