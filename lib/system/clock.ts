/**
 * Time, as far as pauses and expiry need it.
 *
 * @module
 */

import { checkAborted, interruption } from "../errors.ts";

/** Time; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects with `interrupted`. */
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
      checkAborted(signal);
      const onAbort = () => {
        clearTimeout(timer);
        fail(interruption(signal!));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        done();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};
