/**
 * What a client has: the calls that are under way, what they gave out, and the stores and the threads that
 * they share. All of it ends when the client is closed.
 *
 * @module
 */

import { BlobberError, checkAborted, interruption } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { ClientOptions } from "../options.ts";
import { OpenStores } from "../stores/open_stores.ts";
import type { CallObserver, ThreadCall, ThreadPool } from "../threads/pool.ts";
import { withSteadyProgress } from "./steady_progress.ts";

/** What can stop a call. */
interface Stoppable {
  signal?: AbortSignal | undefined;
  onProgress?: Observer["onProgress"];
}

/** Something that the client gave out, and that has to be closed. */
interface Closable {
  close(): Promise<void>;
}

/** All that ends with a client. */
export class Session {
  readonly stores: OpenStores;
  readonly #end = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #given = new Set<WeakRef<Closable>>();
  readonly #forgotten = new FinalizationRegistry<WeakRef<Closable>>((ref) =>
    this.#given.delete(ref)
  );
  readonly #options: ClientOptions;
  #threads: ThreadPool | undefined;
  #closing: Promise<void> | undefined;

  /** @param options the client's */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.stores = new OpenStores(options);
  }

  /**
   * Runs a call, which is to stop when the client is closed.
   *
   * @param options the caller's
   * @param call is given the options with a signal that fires in both cases
   * @throws {BlobberError} `closed`
   */
  async run<O extends Stoppable, T>(
    options: O,
    call: (options: O & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    this.#check();
    const { signal, release } = this.#either(options.signal);
    const progress = withSteadyProgress(options);
    const work = call({ ...progress.options, signal });
    this.#running.add(work);
    try {
      const result = await work;
      progress.end();
      return result;
    } finally {
      this.#running.delete(work);
      release();
    }
  }

  /**
   * As {@linkcode run}, for a call that the client's threads may work for.
   *
   * @param call is also given its part of the threads, which is loaded while it asks a registry
   * @throws {BlobberError} `closed`, `invalid-option` for an option about threads
   */
  async runWithThreads<O extends Stoppable & CallObserver, T>(
    options: O,
    call: (options: O & { signal: AbortSignal }, threads: Promise<ThreadCall>) => Promise<T>,
  ): Promise<T> {
    return await this.run(options, async (options) => {
      const threads = this.#enter(options);
      threads.catch(() => {}); // it is the call's
      try {
        return await call(options, threads);
      } finally {
        await threads.then((threads) => threads.leave(), () => {});
      }
    });
  }

  async #enter(observer: CallObserver): Promise<ThreadCall> {
    if (this.#threads === undefined) {
      const { ThreadPool } = await import("../threads/pool.ts");
      this.#threads ??= new ThreadPool(this.#options);
    }
    return this.#threads.enter(observer);
  }

  /** As {@linkcode run}, for a call that gives one thing after another. Whoever leaves it halfway ends it. */
  async *iterate<O extends Stoppable, T>(
    options: O,
    call: (options: O & { signal: AbortSignal }) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    this.#check();
    const { signal, release } = this.#either(options.signal);
    const progress = withSteadyProgress(options);
    try {
      for await (const item of call({ ...progress.options, signal })) {
        yield item;
        // What came in one piece with this one is not given out any more.
        checkAborted(signal);
      }
      progress.end();
    } finally {
      release();
    }
  }

  /** Keeps what a call gave out, to close it when the client is closed. */
  give<T extends Closable>(closable: T): T {
    const ref = new WeakRef<Closable>(closable);
    this.#given.add(ref);
    this.#forgotten.register(closable, ref);
    return closable;
  }

  /** A signal that fires when the client is closed, or the caller's does, for what outlives its call. */
  lasting(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
  }

  /** Stops everything, waits until it has cleaned up, and closes what was used. Safe to call twice. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#end.abort(new BlobberError("closed", "the client is closed"));
    await Promise.allSettled(this.#running);
    await Promise.all([...this.#given].map((ref) => ref.deref()?.close()));
    this.#given.clear();
    await this.#threads?.close();
    await this.stores.close();
  }

  #check(): void {
    checkAborted(this.#end.signal);
  }

  /** Both signals in one, tied together only for as long as a call takes. */
  #either(signal: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
    const ends = [this.#end.signal, ...(signal === undefined ? [] : [signal])];
    const stop = new AbortController();
    const onAbort = (event: Event) => stop.abort(interruption(event.target as AbortSignal));
    for (const one of ends) {
      if (one.aborted) stop.abort(interruption(one));
      one.addEventListener("abort", onAbort, { once: true });
    }
    return {
      signal: stop.signal,
      release: () => {
        for (const one of ends) one.removeEventListener("abort", onAbort);
      },
    };
  }
}
