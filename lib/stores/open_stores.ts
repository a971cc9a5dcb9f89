/**
 * The stores that a client uses, each opened once: a registry's repository, or an OCI layout.
 *
 * @module
 */

import type { ClientOptions, ReadOptions } from "../options.ts";
import { type Reference, storeName } from "../reference.ts";
import type { Source, Store } from "../store.ts";

/** Opens stores by reference. One connection serves all references into the same store. */
export class OpenStores {
  readonly #options: ClientOptions;
  readonly #stores = new Map<string, Promise<Store>>();

  /** @param options the client's */
  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * The store that a reference is in.
   *
   * @param layoutPath as in the options of reading
   */
  async store(reference: Reference, layoutPath?: string): Promise<Store> {
    const key = [storeName(reference), layoutPath].join("\0");
    let store = this.#stores.get(key);
    if (!store) {
      store = this.#open(reference, layoutPath);
      this.#stores.set(key, store);
      store.catch(() => this.#stores.delete(key));
    }
    return await store;
  }

  /** Where a reference is read from: its store, with the cache in front of it where that saves the network. */
  async source(reference: Reference, options: ReadOptions): Promise<Source> {
    const { cacheDir, cacheTtl } = this.#options;
    if (reference.kind === "layout" || cacheDir === undefined) {
      return await this.store(reference, options.layoutPath);
    }
    const [store, { withCache }] = await Promise.all([
      this.store(reference),
      import("./cache/cached_source.ts"),
    ]);
    const verifying = (options.verifier ?? this.#options.verifier) !== undefined;
    return withCache(store, cacheDir, { ...options, ttl: cacheTtl, verifying });
  }

  async #open(reference: Reference, layoutPath: string | undefined): Promise<Store> {
    if (reference.kind === "layout") {
      const { LayoutStore } = await import("./layout/layout_store.ts");
      return new LayoutStore(reference.path, {
        allowShared: this.#options.allowSharedDirectories,
        real: layoutPath,
      });
    }
    const { openRegistry } = await import("./registry_store.ts");
    return openRegistry(reference, this.#options);
  }
}
