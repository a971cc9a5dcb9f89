/**
 * One call of a verb: what stops it, and what leaves it. Every call of a client, and of an image, is one.
 *
 * A call ends in one of four ways: with its result; with what a callback of the caller's threw; with
 * `interrupted` or `closed`, when a signal fired; or with an error of ours, or of the caller's other code. A
 * callback's error stops the work as a signal does: what is under way cleans up, and cannot take it for an
 * error of its own.
 *
 * @module
 */

import { isThenable, markTheirs, theirs } from "./caller_errors.ts";
import { BlobberError, checkAborted, interruption } from "./errors.ts";
import type { Observer } from "./events.ts";
import { asOurs } from "./system/system_error.ts";

/** One call. */
export class VerbCall {
  readonly #stop = new AbortController();
  readonly #signals: AbortSignal[];
  /** What callbacks returned to be waited for. */
  readonly #waiting = new Set<PromiseLike<unknown>>();
  #thrown: { error: unknown } | undefined;
  #ended = false;

  /**
   * Begins it.
   *
   * @param signals each of them stops it; they are let go of when it has ended
   */
  constructor(...signals: (AbortSignal | undefined)[]) {
    this.#signals = signals.filter((one) => one !== undefined);
    for (const one of this.#signals) {
      if (typeof one?.addEventListener !== "function") {
        throw new BlobberError(
          "invalid-option",
          "invalid option signal: it is none, expected an AbortSignal",
        );
      }
      if (one.aborted) this.#stop.abort(interruption(one));
      else one.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  readonly #onAbort = (event: Event): void =>
    this.#stop.abort(interruption(event.target as AbortSignal));

  /** Fires when the call is to stop, for whatever reason. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The caller's options, with callbacks whose errors end the call, and with its signal. */
  observed<O extends Observer & { onEntry?: unknown; onSecret?: unknown }>(
    options: O,
  ): O & { signal: AbortSignal } {
    const { onNotice, onProgress, onEntry, onSecret } = options;
    return {
      ...options,
      ...(onNotice !== undefined && { onNotice: this.#guarded(onNotice) }),
      ...(onProgress !== undefined && { onProgress: this.#guarded(onProgress) }),
      ...(typeof onEntry === "function" && {
        onEntry: this.#guarded((entry: unknown) => onEntry(entry)),
      }),
      ...(typeof onSecret === "function" && {
        onSecret: this.#guarded((secret: unknown) => onSecret(secret)),
      }),
      signal: this.signal,
    };
  }

  /**
   * Does the call's work.
   *
   * @param work what to do; it stops when the signal fires
   * @param release closes what it opened, where a callback fails when it is done
   */
  async run<T>(work: () => Promise<T>, release?: (result: T) => Promise<void>): Promise<T> {
    try {
      checkAborted(this.signal);
      const result = await work();
      try {
        await this.#settle();
      } catch (error) {
        await release?.(result).catch(() => {});
        throw error;
      }
      return result;
    } catch (error) {
      throw this.leaving(error);
    } finally {
      this.end();
    }
  }

  /** As {@linkcode run}, for work that gives one thing after another. Whoever leaves it halfway ends it. */
  async *each<T>(work: () => AsyncIterable<T>): AsyncGenerator<T> {
    try {
      checkAborted(this.signal);
      for await (const item of work()) {
        yield item;
        // What came in one piece with this one is not given out any more.
        checkAborted(this.signal);
      }
      await this.#settle();
    } catch (error) {
      throw this.leaving(error);
    } finally {
      this.end();
    }
  }

  /** What leaves the call when its work threw something. */
  leaving(error: unknown): unknown {
    if (this.#thrown !== undefined) return this.#thrown.error;
    return this.signal.aborted ? interruption(this.signal) : asOurs(error);
  }

  /** Ends the call with what the caller's own code threw. The first counts. */
  fail(error: unknown): void {
    this.#thrown ??= { error };
    markTheirs(error);
    this.#stop.abort(
      new BlobberError("interrupted", "a callback threw an error", { cause: error }),
    );
  }

  /** What stops the call, and then what it gave out: each of them. */
  lasting(): readonly AbortSignal[] {
    return [this.signal, ...this.#signals];
  }

  /** Lets go of the signals. */
  end(): void {
    this.#ended = true;
    for (const one of this.#signals) one.removeEventListener("abort", this.#onAbort);
  }

  /** Waits for something that a callback returned, before the call ends. */
  await(returned: unknown): void {
    if (!isThenable(returned)) return;
    const done = () => void this.#waiting.delete(returned);
    this.#waiting.add(returned);
    returned.then(done, (error: unknown) => {
      done();
      this.fail(error);
    });
  }

  /**
   * Calls a callback; it throws nothing here while the call runs, and is not called any more after its first
   * error. What was made by the call and is read later, through a cache, has no other to tell: that fails.
   */
  #guarded<A>(callback: (value: A) => unknown): (value: A) => void {
    return (value) => {
      if (this.#thrown !== undefined) return;
      if (this.#ended) return void theirs(() => callback(value));
      try {
        this.await(callback(value));
      } catch (error) {
        this.fail(error);
      }
    };
  }

  /** Waits for callbacks that have not finished. */
  async #settle(): Promise<void> {
    while (this.#waiting.size > 0 && !this.signal.aborted) {
      const stopped = Promise.withResolvers<void>();
      const stop = () => stopped.resolve();
      this.signal.addEventListener("abort", stop, { once: true });
      await Promise.race([Promise.allSettled(this.#waiting), stopped.promise]);
      this.signal.removeEventListener("abort", stop);
    }
    if (this.#thrown !== undefined) throw this.#thrown.error;
    if (this.#waiting.size > 0) checkAborted(this.signal);
  }
}
