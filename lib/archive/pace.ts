/**
 * Lets the event loop in: a signal to stop, a timer or a progress bar must not wait behind a long
 * computation.
 *
 * @module
 */

/** The longest that a loop keeps the thread for itself, in milliseconds. */
const SLICE_MS = 30;

/** Counts the time since the event loop last ran. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  /** @param signal looked at each time */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether it is time to let others in. Cheap enough to ask for each entry. */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** Lets others in when it is time, and stops when that is asked for. */
  async rest(): Promise<void> {
    if (this.due) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#since = performance.now();
    }
    this.#signal?.throwIfAborted();
  }
}
