/**
 * Time for tests: pauses are over at once, and on record.
 *
 * @module
 */

import type { Clock } from "../../lib/system/clock.ts";

/** A clock that only pauses move. */
export class FakeClock implements Clock {
  /** Every pause that was asked for, in milliseconds. */
  pauses: number[] = [];
  /** Called with each pause, before it is over. */
  onPause: ((ms: number) => void | Promise<void>) | undefined;
  #now: number;

  /** @param now where it begins */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  async delay(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pauses.push(ms);
    this.#now += ms;
    await this.onPause?.(ms);
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
