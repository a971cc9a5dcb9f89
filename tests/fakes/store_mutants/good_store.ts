/**
 * A store that keeps every rule of `lib/testing/`, and ways to break them.
 *
 * @module
 */

import { isBlobberError } from "../../../lib/errors.ts";
import type { BlobWriter, CallOptions, Store } from "../../../lib/store.ts";
import { MemoryStore } from "../../../lib/stores/memory_store.ts";

/** What a store that breaks a rule is told, and how it is made of one that keeps it. */
export type Mutant = [message: RegExp, mutate: (good: Store) => Partial<Store>];

/** Mutants for each rule. */
export type Mutants = Record<string, Mutant[]>;

/** Text as bytes. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A store as somebody writes one: an object that keeps every rule. */
export function goodStore(): Store {
  const store = new MemoryStore();
  return {
    name: store.name,
    resolve: (...args) => store.resolve(...args),
    fetch: (...args) => store.fetch(...args),
    tags: (...args) => store.tags(...args),
    referrers: (...args) => store.referrers(...args),
    has: (...args) => store.has(...args),
    begin: (...args) => store.begin(...args),
    put: (...args) => store.put(...args),
    tag: (...args) => store.tag(...args),
    mount: (...args) => store.mount(...args),
    untag: (...args) => store.untag(...args),
    remove: (...args) => store.remove(...args),
    manifests: (...args) => store.manifests(...args),
    named: (tag, options) =>
      store.resolve(tag, options).catch((error) =>
        isBlobberError(error, "not-found") ? undefined : Promise.reject(error)
      ),
    held: () => undefined,
    close: () => store.close(),
  };
}

/** The store with another writer. */
export function writing(
  good: Store,
  change: (writer: BlobWriter, mediaType: string) => Partial<BlobWriter>,
): Partial<Store> {
  return {
    begin: async (mediaType, options) => {
      const writer = await good.begin(mediaType, options);
      return {
        write: (part) => writer.write(part),
        commit: (descriptor) => writer.commit(descriptor),
        abort: () => writer.abort(),
        ...change(writer, mediaType),
      };
    },
  };
}

/** A list that another list is made of. */
export async function* changed<T>(
  items: AsyncIterable<T>,
  change: (all: T[]) => T[],
): AsyncIterable<T> {
  yield* change(await Array.fromAsync(items));
}

/** Does what the call says, and passes over its signal. */
export function deaf<T extends CallOptions>(options?: T): T {
  return { ...options, signal: undefined } as T;
}
