/**
 * What a client has: the calls that are under way, what they gave out, and the stores and the threads that
 * they share. All of it ends when the client is closed.
 *
 * @module
 */

import { theirs } from "../caller_errors.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { ClientOptions } from "../options.ts";
import { OpenStores } from "../stores/open_stores.ts";
import type { CallObserver, ThreadCall, ThreadPool } from "../threads/pool.ts";
import { asOurs } from "../system/system_error.ts";
import { VerbCall } from "../verb_call.ts";
import { withSteadyProgress } from "./steady_progress.ts";

/** Something that the client gave out, and that has to be closed. */
interface Closable {
  close(): Promise<void>;
}

/** All that ends with a client. */
export class Session {
  readonly stores: OpenStores;
  readonly #end = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  /** Those, lists that are being read, and calls of images. */
  readonly #calls = new Set<VerbCall>();
  readonly #given = new Set<WeakRef<Closable>>();
  readonly #forgotten = new FinalizationRegistry<WeakRef<Closable>>((ref) =>
    this.#given.delete(ref)
  );
  /** The client's options, with callbacks whose errors are told from ours. */
  readonly options: ClientOptions;
  #threads: ThreadPool | undefined;
  #closing: Promise<void> | undefined;

  /** @param options the client's */
  constructor(options: ClientOptions) {
    this.options = this.#marked(options);
    this.stores = new OpenStores(this.options);
  }

  /**
   * Runs a call, which is to stop when the client is closed.
   *
   * @param options the caller's
   * @param call is given the options with a signal that fires in both cases, and callbacks that throw nothing
   * @param release closes what the call opened, where a callback fails when it is done
   * @throws {BlobberError} `closed`, `interrupted`, and what the call throws; see `verb_call.ts`
   */
  async run<O extends Observer, T>(
    options: O,
    call: (options: O & { signal: AbortSignal }) => Promise<T>,
    release?: (result: T) => Promise<void>,
  ): Promise<T> {
    const running = new VerbCall(this.#end.signal, options.signal);
    const progress = withSteadyProgress(running.observed(options));
    const work = running.run(async () => {
      const result = await call(progress.options);
      progress.end();
      return result;
    }, release);
    this.#running.add(work);
    this.#calls.add(running);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
      this.#calls.delete(running);
    }
  }

  /** Loads what a call is made of, before it runs: where that cannot be read is an error of ours. */
  async load<T>(loading: () => Promise<T>): Promise<T> {
    try {
      return await loading();
    } catch (error) {
      throw asOurs(error);
    }
  }

  /**
   * As {@linkcode run}, for a call that the client's threads may work for.
   *
   * @param call is also given its part of the threads, which is loaded while it asks a registry
   * @throws {BlobberError} `closed`, `invalid-option` for an option about threads
   */
  async runWithThreads<O extends Observer & CallObserver, T>(
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
      this.#threads ??= new ThreadPool(this.options);
    }
    return this.#threads.enter(observer);
  }

  /** As {@linkcode run}, for a call that gives one thing after another. Whoever leaves it halfway ends it. */
  async *iterate<O extends Observer, T>(
    options: O,
    call: (options: O & { signal: AbortSignal }) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const running = new VerbCall(this.#end.signal, options.signal);
    const progress = withSteadyProgress(running.observed(options));
    this.#calls.add(running);
    try {
      yield* running.each(async function* () {
        yield* call(progress.options);
        progress.end();
      });
    } finally {
      this.#calls.delete(running);
    }
  }

  /**
   * Counts a call that was not begun here among those that are running.
   *
   * @returns what to call at its end
   */
  readonly enter = (call: VerbCall): () => void => {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  };

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

  /** The client's own callbacks, whose errors are told from ours wherever they come out. */
  #marked(options: ClientOptions): ClientOptions {
    const { onNotice, onRequest, credentials, open } = options;
    return {
      ...options,
      ...(onNotice !== undefined && {
        onNotice: (notice) => this.#watch(theirs(() => onNotice(notice))),
      }),
      ...(onRequest !== undefined && {
        onRequest: (request) => {
          const ended: unknown = theirs(() => onRequest(request));
          if (typeof ended !== "function") return void this.#watch(ended);
          return (end) => this.#watch(theirs(() => ended(end)));
        },
      }),
      ...(credentials !== undefined && {
        credentials: (host, repository) => theirs(() => credentials(host, repository)),
      }),
      ...(open !== undefined && { open: (reference) => theirs(() => open(reference)) }),
    };
  }

  /** Has every call that is running wait for what a callback of the client returned: it does not say whose it is. */
  #watch(returned: unknown): void {
    for (const call of this.#calls) call.await(returned);
  }
}
