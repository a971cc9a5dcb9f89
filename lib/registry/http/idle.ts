/**
 * Idle timeouts: a connection may take any time in all, as long as something moves on it.
 *
 * @module
 */

import { MIN_BYTES_PER_IDLE } from "../../limits.ts";

/**
 * Watches one connection. It runs only between `start` and `stop`: while the other side is to act.
 *
 * The alarm is an `AbortSignal`, which cannot be called off, so one is used until it has gone off: setting
 * a timer of the other kind would have Deno load Node's timers, for 8 ms of every command.
 */
export class IdleWatch {
  readonly #ms: number;
  readonly #expired: () => void;
  #alarm: AbortSignal | undefined;
  #since = 0;

  /**
   * @param ms silence that is too long
   * @param expired called once when it was
   */
  constructor(ms: number, expired: () => void) {
    this.#ms = ms;
    this.#expired = expired;
  }

  /** The other side is to act now. */
  start(): void {
    this.stop();
    this.#since = performance.now();
    this.#listen(this.#ms);
  }

  /** It has, or it is our turn. */
  stop(): void {
    // Nothing that the watch holds is held by an alarm to come.
    this.#alarm?.removeEventListener("abort", this.#onAlarm);
  }

  /** @param ms when there is no alarm to come, the time to one */
  #listen(ms: number): void {
    if (this.#alarm?.aborted !== false) this.#alarm = AbortSignal.timeout(Math.ceil(ms));
    this.#alarm.addEventListener("abort", this.#onAlarm);
  }

  readonly #onAlarm = (): void => {
    const left = this.#since + this.#ms - performance.now();
    if (left > 0) this.#listen(left);
    else this.#expired();
  };
}

/**
 * Tells a trickle from a slow line: a peer that sends a byte now and then is never silent, and would hold
 * a download for ever. Only the time spent waiting for it counts.
 */
export class TrickleWatch {
  readonly #ms: number;
  #waited = 0;
  #bytes = 0;

  /** @param ms the span in which at least {@linkcode MIN_BYTES_PER_IDLE} must come */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /**
   * Counts one wait and what it brought.
   *
   * @returns whether the peer is too slow
   */
  tooSlow(waitedMs: number, bytes: number): boolean {
    this.#waited += waitedMs;
    this.#bytes += bytes;
    if (this.#waited < this.#ms) return false;
    const slow = this.#bytes < MIN_BYTES_PER_IDLE;
    this.#waited = 0;
    this.#bytes = 0;
    return slow;
  }
}
