/**
 * Pieces of work that succeed together: the first failure stops the others, and nothing of them goes on behind
 * the back of who waits for them.
 *
 * @module
 */

import { checkAborted } from "../../errors.ts";
import { tieSignal } from "../tied_signal.ts";

/** The work, while it is being done. */
export class JointWork {
  /** Fires when a piece has failed, and when the caller's signal does. */
  readonly signal: AbortSignal;
  readonly #stop: AbortController;
  readonly #running = new Set<Promise<unknown>>();
  #failure: { error: unknown } | undefined;

  private constructor(stop: AbortController, signal: AbortSignal) {
    this.#stop = stop;
    this.signal = signal;
  }

  /**
   * Does some work that starts pieces, and waits for all of them, whatever fails.
   *
   * @param signal the caller's
   * @param body starts pieces, and may wait for some of them
   * @returns what the body returned
   * @throws what failed first
   */
  static async run<T>(
    signal: AbortSignal | undefined,
    body: (work: JointWork) => Promise<T>,
  ): Promise<T> {
    checkAborted(signal);
    const stop = new AbortController();
    const tied = tieSignal(signal, stop.signal);
    const work = new JointWork(stop, tied.signal);
    try {
      const result = work.start(() => body(work));
      while (work.#running.size > 0) await Promise.allSettled(work.#running);
      if (work.#failure !== undefined) throw work.#failure.error;
      return await result;
    } finally {
      tied.release();
    }
  }

  /**
   * Starts a piece. Nothing need wait for it: its failure is the failure of the whole.
   *
   * @returns settles when it is done
   */
  start<T>(piece: () => Promise<T>): Promise<T> {
    const running = piece();
    this.#running.add(running);
    running.catch((error: unknown) => {
      this.#failure ??= { error };
      this.#stop.abort(error);
    }).finally(() => this.#running.delete(running));
    return running;
  }
}
