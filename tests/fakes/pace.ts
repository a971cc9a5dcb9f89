/**
 * A pace for tests of how much work is done after an abort.
 *
 * @module
 */

import { Pace } from "../../lib/system/pace.ts";

/** A pace that is aborted at one of its breaths. */
export class StoppingPace extends Pace {
  readonly #stop: AbortController;
  #breaths: number;
  #stoppedAt = Infinity;

  /** @param breaths after how many it is aborted */
  constructor(breaths: number) {
    const stop = new AbortController();
    super(stop.signal);
    this.#stop = stop;
    this.#breaths = breaths;
  }

  /** Steps since it was aborted. */
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
