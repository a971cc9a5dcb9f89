/**
 * Work that several callers wait for, and that each of them may give up.
 *
 * @module
 */

import { checkAborted, interruption } from "../errors.ts";

/** One piece of work. It goes on as long as one caller waits for it. */
export class Shared<T> {
  readonly #result: Promise<T>;
  readonly #stop = new AbortController();
  #waiting = 0;

  /** @param work begins at once; its signal fires when nothing waits for it any more */
  constructor(work: (stop: AbortSignal) => Promise<T>) {
    this.#result = work(this.#stop.signal);
    this.#result.catch(() => {}); // told to those who wait
  }

  /** Whether no caller waits, and so the work is over or given up. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /**
   * Waits for the result, or until a signal of the caller's own fires.
   *
   * @param signal the caller's
   */
  async wait(signal?: AbortSignal): Promise<T> {
    checkAborted(signal);
    this.#waiting++;
    let onAbort: (() => void) | undefined;
    try {
      if (signal === undefined) return await this.#result;
      const aborted = new Promise<never>((_, fail) => {
        onAbort = () => fail(interruption(signal));
        signal.addEventListener("abort", onAbort, { once: true });
      });
      return await Promise.race([this.#result, aborted]);
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      if (--this.#waiting === 0) {
        this.#stop.abort(signal?.aborted ? interruption(signal) : undefined);
      }
    }
  }
}
