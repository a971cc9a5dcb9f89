/**
 * The verbs and stores that a client loads when it needs them, so that a program which only lists tags
 * never loads a compressor. Declared here as far as the client uses them.
 *
 * @module
 */

import type {
  ClientOptions,
  PullOptions,
  PushOptions,
  PushResult,
  ReadOptions,
} from "./options.ts";
import type { RegistryReference } from "./reference.ts";
import type { SignedName, Verdict } from "./signing.ts";
import type { Source, Store } from "./store.ts";
import type { Digest } from "./digest.ts";
import type { Document, Manifest } from "./types.ts";
import type { Entry } from "./archive/entry.ts";
import type { PushInput } from "./archive/input.ts";

export type { ByteSource, InputEntry, PushInput } from "./archive/input.ts";

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

/** An opened image: lists and reads files without downloading the rest. */
export interface Image {
  /** The manifest. */
  readonly digest: Digest;
  /** Who signed it, where that was asked for. */
  readonly verdict?: Verdict | undefined;
  /** Everything in it, sorted by path. */
  entries(): Promise<Entry[]>;
  /** Opens a file; the stream has been checked. */
  open(path: string): Promise<ReadableStream<Uint8Array>>;
  /** Everything at and below a path. */
  walk(path?: string): AsyncIterable<Entry>;
  /** Releases what it holds. */
  close(): Promise<void>;
}

interface Verbs {
  "./push.ts": {
    push(
      target: Store,
      input: PushInput,
      options: PushOptions & { name?: SignedName | undefined; jobs?: number | undefined },
    ): Promise<PushResult>;
  };
  "./pull.ts": {
    pull(
      source: Source,
      manifest: Document<Manifest>,
      dir: string,
      options: PullOptions & { jobs?: number | undefined },
    ): Promise<PullResult>;
  };
  "./image.ts": {
    openImage(source: Source, manifest: Document<Manifest>, options: ReadOptions): Promise<Image>;
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
