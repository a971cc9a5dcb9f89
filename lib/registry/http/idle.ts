/**
 * Idle timeouts: a connection may take any time in all, as long as something moves on it.
 *
 * @module
 */

import { checkAborted, interruption } from "../../errors.ts";
import { MIN_BYTES_PER_IDLE } from "../../limits.ts";
import type { HttpRequest } from "./exchange.ts";
import { idleError, nameOf } from "./failure.ts";

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

/** What ends an exchange by `fetch`: the signal of the request, and silence. */
export class ExchangeGuard {
  /** What the request is, for messages. */
  readonly what: string;
  readonly idleMs: number;
  /** Runs while the other side is to act. */
  readonly watch: IdleWatch;
  /** Ends the exchange, and the body of its answer. */
  readonly stop = new AbortController();
  readonly #signal: AbortSignal | undefined;

  /**
   * @param request whose signal is listened to until {@linkcode ExchangeGuard.release}
   * @throws {BlobberError} `interrupted` where the signal has fired already
   */
  constructor({ method, url, signal, idleMs }: HttpRequest) {
    checkAborted(signal);
    this.what = nameOf(method, url);
    this.idleMs = idleMs;
    this.watch = new IdleWatch(idleMs, () => this.stop.abort(idleError(this.what, idleMs)));
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.stop.abort(interruption(this.#signal!));

  /** Lets go of the signal, and watches no more. Safe to call twice. */
  release(): void {
    this.watch.stop();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /**
   * Releases, and tells why the exchange failed.
   *
   * @param cause what was thrown
   * @param explain puts it into words, where it is not the guard that ended the exchange
   */
  failure(cause: unknown, explain: (cause: unknown) => unknown): unknown {
    this.release();
    if (this.#signal?.aborted) return interruption(this.#signal);
    return this.stop.signal.aborted ? this.stop.signal.reason : explain(cause);
  }
}
