/**
 * Time, as far as pauses and expiry need it.
 *
 * @module
 */

/** Time; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

/** The real time. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  delay: (ms, signal) =>
    new Promise((done, fail) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        clearTimeout(timer);
        fail(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        done();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};
