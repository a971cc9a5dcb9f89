/**
 * What a client loads when it needs it, declared as far as the client uses it.
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import type { ClientOptions, PullOptions } from "./options.ts";
import type { RegistryReference } from "./reference.ts";
import type { Verdict } from "./signing.ts";
import type { Source, Store } from "./store.ts";
import type { Document, Manifest } from "./types.ts";

/** What a pull did. */
export interface PullResult {
  /** The manifest pulled. */
  digest: Digest;
  /** Entries written. */
  entries: number;
  /** Bytes of all files. */
  bytes: number;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

interface Verbs {
  "./pull.ts": {
    pull(
      source: Source,
      manifest: Document<Manifest>,
      dir: string,
      options: PullOptions & { jobs?: number | undefined },
    ): Promise<PullResult>;
  };
  "./registry/store.ts": {
    openRegistry(reference: RegistryReference, options: ClientOptions): Store | Promise<Store>;
  };
}

/**
 * Loads a module of the core.
 *
 * @param path relative to this file
 */
export async function load<Path extends keyof Verbs>(path: Path): Promise<Verbs[Path]> {
  return await import(new URL(path, import.meta.url).href);
}
