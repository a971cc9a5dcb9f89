/**
 * The life of a store: what of it is open, and what happens to that when it is closed.
 *
 * @module
 */

import { BlobberError, checkAborted } from "../errors.ts";

/** A writer of a store. */
interface Writer<D> {
  write(bytes: Uint8Array): Promise<void>;
  commit(descriptor: D): Promise<void>;
  abort(): Promise<void>;
}

/** How long a store can be used. Each of its calls begins with {@linkcode Lifetime.check}. */
export class Lifetime {
  readonly #name: string;
  readonly #end = new AbortController();
  readonly #open = new Set<() => void | Promise<void>>();
  #ending: Promise<void> | undefined;

  /** @param name of the store, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Stops where the store is closed, or the caller wants to.
   *
   * @throws {BlobberError} `closed`, `interrupted`
   */
  check(signal?: AbortSignal): void {
    checkAborted(this.#end.signal);
    checkAborted(signal);
  }

  /** A signal that fires when the caller's does, and when the store is closed. */
  either(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
  }

  /**
   * Keeps something that is open, to end it when the store is closed.
   *
   * @param end ends it
   * @returns what to call when it has ended by itself
   */
  keep(end: () => void | Promise<void>): () => void {
    this.#open.add(end);
    return () => void this.#open.delete(end);
  }

  /** Keeps a writer, and makes it one that `await using` ends. */
  keepWriter<D>(writer: Writer<D>): Writer<D> & { [Symbol.asyncDispose](): Promise<void> } {
    const ended = this.keep(() => writer.abort());
    const abort = async () => {
      ended();
      await writer.abort();
    };
    return {
      write: (bytes) => writer.write(bytes),
      commit: async (descriptor) => {
        await writer.commit(descriptor);
        ended();
      },
      abort,
      [Symbol.asyncDispose]: abort,
    };
  }

  /**
   * Ends everything that is open.
   *
   * @param release lets go of what the store itself holds, afterwards
   */
  close(release: () => void | Promise<void> = () => {}): Promise<void> {
    return this.#ending ??= this.#close(release);
  }

  async #close(release: () => void | Promise<void>): Promise<void> {
    this.#end.abort(new BlobberError("closed", `${this.#name} is closed`));
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((end) => end()));
    await release();
  }
}
