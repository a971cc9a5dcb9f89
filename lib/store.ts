/**
 * The two interfaces that everything stands on: a {@linkcode Source} gives bytes by descriptor, a
 * {@linkcode Target} takes them. A registry repository, an OCI layout and memory implement both; a cache
 * wraps a source. Push, pull, copy and the lazy reader know nothing else.
 *
 * A source hands out bytes as they come: read them through `checked_content.ts`, which checks them.
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import type { Descriptor } from "./types.ts";

/** A half-open range of bytes: `start` inclusive, `end` exclusive. */
export interface ByteRange {
  /** First byte. */
  start: number;
  /** One behind the last byte. */
  end: number;
}

/** What most calls of a store take. */
export interface CallOptions {
  /** Stops the work; the call then rejects with `interrupted`, whose cause is the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of {@linkcode Source.fetch}. */
export interface FetchOptions extends CallOptions {
  /**
   * Only these bytes. A source that cannot give exactly them throws `range-not-supported`: it never sends
   * more, so that a lazy read never becomes a silent download of the whole.
   */
  range?: ByteRange | undefined;
}

/** Options of {@linkcode Source.referrers}. */
export interface ReferrerOptions extends CallOptions {
  /** Only referrers whose descriptor says this artifact type, or says none that can be believed. */
  artifactType?: string | undefined;
  /** Where to look: the referrers API, the fallback tag, or the API and then the tag. */
  via?: "api" | "tag" | "auto" | undefined;
}

/** The names in an artifact. */
export interface Names {
  /** The paths of all entries, sorted, one a line: no path has a line feed in it. */
  names: string;
  /** Whether they may be shown as they are: nothing in them steers a terminal or hides. */
  plain: boolean;
}

/** Gives content. */
export interface Source {
  /** What this source is, for messages: `ghcr.io/acme/app` or `oci:./layout`. */
  readonly name: string;

  /**
   * Finds the manifest that a tag or a digest names. The size and type come from the store and are claims
   * until the bytes were read; for a digest, the answer's digest is that digest.
   *
   * @throws {BlobberError} `not-found`
   */
  resolve(tagOrDigest: string, options?: CallOptions): Promise<Descriptor>;

  /**
   * Opens content: a manifest or a blob, told apart by the media type. The stream is unchecked.
   * Cancelling it releases what it holds.
   *
   * @throws {BlobberError} `not-found`, `range-not-supported`
   */
  fetch(target: Descriptor, options?: FetchOptions): Promise<ReadableStream<Uint8Array>>;

  /**
   * The bytes of a manifest that this source has read or written before and still has in memory. Like a
   * stream's, they are unchecked, and must not be changed. A source that keeps none has no such method.
   */
  held?(target: Descriptor): Uint8Array<ArrayBuffer> | undefined;

  /**
   * Drops what a cache in this source holds of a range, because it proved to be wrong. A source without a
   * cache has no such method.
   *
   * @returns whether there was anything, so that reading again may help
   */
  forget?(target: Descriptor, range: ByteRange): boolean;

  /**
   * The names in an artifact, as a cache in this source noted them. A source without a cache has no such
   * method.
   */
  notedNames?(manifest: Descriptor): Promise<Names | undefined>;

  /** Keeps the names in an artifact for the next listing. A failure to do so is not an error. */
  noteNames?(manifest: Descriptor, names: Names): Promise<void>;

  /** Tags, in the order of the store. */
  tags(options?: CallOptions): AsyncIterable<string>;

  /**
   * What a tag names, as the store says and by its cheapest way: nothing is read. A source in which `resolve`
   * costs as little has no such method.
   *
   * @returns nothing where there is no such tag
   */
  named?(
    tag: string,
    options?: CallOptions,
  ): Promise<Pick<Descriptor, "mediaType" | "digest"> | undefined>;

  /**
   * Every manifest that is there, tagged or not, each once. A source that cannot tell has no such method, as no
   * registry has.
   */
  manifests?(options?: CallOptions): AsyncIterable<Descriptor>;

  /**
   * Descriptors of manifests whose `subject` is the one given, as the store claims. Every one of them is
   * to be read and checked again.
   */
  referrers(subject: Descriptor, options?: ReferrerOptions): AsyncIterable<Descriptor>;
}

/** A blob in the making. Every writer ends in `commit` or `abort`. */
export interface BlobWriter {
  /** Takes bytes; they may be reused once the promise resolves. Resolves when more may come. */
  write(bytes: Uint8Array): Promise<void>;

  /**
   * Ends the blob. It exists afterwards, under this digest and with this size, or the call throws.
   *
   * @throws {BlobberError} `integrity` when what was written is something else
   */
  commit(descriptor: Descriptor): Promise<void>;

  /** Gives the blob up and leaves nothing behind. Safe to call at any time, also after `commit`. */
  abort(): Promise<void>;

  /** As {@linkcode BlobWriter.abort}, for `await using`. The library's own writers have it. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** Options of {@linkcode Target.tag}. */
export interface SetTagOptions extends CallOptions {
  /** Refuse with `conflict` when the tag exists and points elsewhere. */
  ifAbsent?: boolean | undefined;
}

/** Options of {@linkcode Target.untag}. */
export interface UntagOptions extends CallOptions {
  /** Refuse with `conflict` when the tag names something else by now. */
  expect?: Digest | undefined;
}

/** Options of {@linkcode Target.remove}. */
export interface RemoveManifestOptions extends CallOptions {
  /** Refuse with `conflict` when a tag names the manifest. @default false */
  ifUntagged?: boolean | undefined;
  /** Its subject is removed next, so that no list of the subject's referrers has to be put right. @default false */
  subjectGoes?: boolean | undefined;
}

/** What a store let go of when it removed a manifest. */
export interface Freed {
  /** Blobs that nothing names any more, and manifests, that are gone from where the store keeps them. */
  blobs: number;
  /** Their bytes. */
  bytes: number;
  /** Why some stayed that nothing names, where some did. */
  kept?: string | undefined;
}

/** Takes content. */
export interface Target {
  /** As {@linkcode Source.name}. */
  readonly name: string;

  /** Whether a blob or manifest is there already. */
  has(target: Descriptor, options?: CallOptions): Promise<boolean>;

  /**
   * Starts a blob whose digest and size may not be known yet.
   *
   * @param mediaType what it will be, for stores that care
   */
  begin(mediaType: string, options?: CallOptions): Promise<BlobWriter>;

  /**
   * Makes a blob that stands in another repository of the same registry appear here without sending it.
   *
   * @returns whether that worked; `false` is no error
   */
  mount?(target: Descriptor, from: Source, options?: CallOptions): Promise<boolean>;

  /**
   * Stores a manifest or index by digest; no tag is touched. When it has a `subject`, the subject's list of
   * referrers contains it afterwards, whether the store keeps that list or the fallback tag does.
   */
  put(descriptor: Descriptor, bytes: Uint8Array, options?: CallOptions): Promise<void>;

  /** Points a tag at a manifest that is already there. */
  tag(tag: string, descriptor: Descriptor, options?: SetTagOptions): Promise<void>;

  /**
   * Takes a tag away, and nothing else: what it named stays, and so do its other tags. A store that takes nothing
   * away has no such method.
   *
   * @returns whether that worked; `false` where this store cannot take a tag away without what it names
   * @throws {BlobberError} `not-found`, `conflict`
   */
  untag?(tag: string, options?: UntagOptions): Promise<boolean>;

  /**
   * Removes a manifest, and what the store knows that nothing names without it. Tags that name it are gone
   * afterwards too; no list of referrers has it, neither the store's nor the fallback tag's. A store that
   * removes nothing has no such method.
   *
   * @returns what was let go of, as far as the store knows
   * @throws {BlobberError} `not-found`, `conflict`
   */
  remove?(target: Descriptor, options?: RemoveManifestOptions): Promise<Freed>;
}

/** A store that gives and takes. */
export interface Store extends Source, Target {
  /**
   * Ends the store: writers and streams that are open, and connections. Later calls reject with `closed`. Safe to
   * call twice. A store that holds nothing has no such method.
   */
  close?(): Promise<void>;
}

/** An artifact in a source that is open already: all that reading it takes. */
export interface SourceReference {
  /** Where it is. It stays its owner's, and is not closed. */
  store: Source;
  /** A tag or a digest, as the distribution specification calls a reference. @default "latest" */
  reference?: string | undefined;
}

/** An artifact, or a place for one, in a store that is open already. */
export interface StoreReference extends SourceReference {
  /** Where it is, or goes. It stays its owner's, and is not closed. */
  store: Store;
}
