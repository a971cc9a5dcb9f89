/**
 * The stores that a client uses, each opened once: a registry's repository, an OCI layout, or what the
 * caller's own `open` gives in their place.
 *
 * @module
 */

import { untilAborted } from "../caller_errors.ts";
import { noteOwn } from "../doors/own_stores.ts";
import type { ClientOptions, ReadOptions } from "../options.ts";
import { type Reference, storeName } from "../reference.ts";
import type { Source, Store } from "../store.ts";
import type { CacheOptions } from "./cache/cached_source.ts";
import { type Named, noteRepository, repositoryOf } from "./named.ts";

/** How a store is opened for a call. */
export type OpenOptions = Pick<ReadOptions, "layoutPath" | "signal">;

/** Opens stores by reference. One connection serves all references into the same store. */
export class OpenStores {
  readonly #options: ClientOptions;
  readonly #stores = new Map<string, Promise<Store>>();
  /** Those that are not the caller's. */
  readonly #own = new Set<Store>();

  /** @param options the client's */
  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * The store of what was named.
   *
   * @param options `layoutPath` as in the options of reading, and what ends the wait for `open`
   */
  store(named: Named, options: OpenOptions): Promise<Store>;
  store(named: Named<Source>, options: OpenOptions): Promise<Source>;
  async store({ at }: Named<Source>, { layoutPath, signal }: OpenOptions): Promise<Source> {
    if (at.kind === "open") return await checked(at.store);
    const key = [storeName(at), layoutPath].join("\0");
    let store = this.#stores.get(key);
    if (!store) {
      store = this.#open(at, layoutPath);
      this.#stores.set(key, store);
      store.catch(() => this.#stores.delete(key));
    }
    return this.#options.open === undefined ? await store : await untilAborted(signal, store);
  }

  /**
   * Where something is read from: its store, with the cache in front of it where that saves the network. None
   * stands in front of a store that is the caller's own: what that is called, and what its tags point at, is
   * nothing that other stores may be answered with.
   */
  async source(
    named: Named<Source>,
    options: ReadOptions & Pick<CacheOptions, "traffic">,
  ): Promise<Source> {
    const { cacheDir, cacheTtl } = this.#options;
    if (named.at.kind === "layout" || cacheDir === undefined) {
      return await this.store(named, options);
    }
    const [store, { withCache }] = await Promise.all([
      this.store(named, options),
      import("./cache/cached_source.ts"),
    ]);
    if (repositoryOf(store) === undefined) return store;
    const verifying = (options.verifier ?? this.#options.verifier) !== undefined;
    return withCache(store, cacheDir, { ...options, ttl: cacheTtl, verifying });
  }

  /** Closes what was opened here, and leaves alone what is the caller's. Nothing is opened afterwards. */
  async close(): Promise<void> {
    await Promise.all([...this.#own].map((store) => store.close?.()));
  }

  async #open(reference: Reference, layoutPath: string | undefined): Promise<Store> {
    const { tag: _tag, digest: _digest, ...place } = reference;
    const given = await this.#options.open?.(place);
    if (given !== undefined) return await checked(given);
    const store = await this.#openOwn(place, layoutPath);
    this.#own.add(store);
    return store;
  }

  async #openOwn(reference: Reference, layoutPath: string | undefined): Promise<Store> {
    if (reference.kind === "layout") {
      const { LayoutStore } = await import("./layout/layout_store.ts");
      return new LayoutStore(reference.path, {
        allowShared: this.#options.allowSharedDirectories,
        real: layoutPath,
      });
    }
    const { openRegistry } = await import("./registry_store.ts");
    const store = openRegistry(reference, this.#options);
    noteRepository(store, reference);
    noteOwn(store);
    return store;
  }
}

/** The door: what a store answers that is not the library's own is checked from here on. */
async function checked<S extends Source>(store: S): Promise<S> {
  const { checkedStore } = await import("../doors/store.ts"); // only where there is such a store
  return checkedStore(store);
}
