/**
 * A source in front of a source: what was read once is read from disk the next time. Readers notice only the
 * speed. Lists are never cached: what tags there are, what they point at (unless a time
 * is given), what refers to a manifest. Nor is what a verification said.
 *
 * @module
 */

import { isDigest } from "../../digest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { fileError } from "../../system/system_error.ts";
import { MAX_CACHE_TTL_MS } from "../../limits.ts";
import { parseDescriptor } from "../../artifact/manifest.ts";
import { quote } from "../../text/printable.ts";
import type {
  ByteRange,
  CallOptions,
  FetchOptions,
  Names,
  ReferrerOptions,
  Source,
} from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import type { Descriptor } from "../../types.ts";
import { prepareDirectory } from "../own/directory.ts";
import { readCacheEntry, touchEntry } from "./entries.ts";
import { keepListing, readListing } from "./listings.ts";
import { type CachePaths, cachePaths } from "./paths.ts";
import type { ReadThrough, ReadThroughOptions } from "./read_through.ts";
import { readRecord, writeRecord } from "./record.ts";

/** How a cache is used. */
export interface CacheOptions extends Observer {
  /** How long a tag's digest may be taken from the cache, in milliseconds. @default 0 */
  ttl?: number | undefined;
  /** Whether what is read is verified: then a tag from the cache, which may hide a newer one, is a warning. */
  verifying?: boolean | undefined;
  /** Told of what comes out of the cache. */
  traffic?: ReadThroughOptions["traffic"];
}

/**
 * Puts a cache in front of a source. Where the directory cannot be used, the source itself is returned and
 * a notice says why.
 *
 * @param source where content comes from
 * @param directory of the cache; made when it does not exist
 */
export function withCache(source: Source, directory: string, options: CacheOptions = {}): Source {
  const { ttl = 0 } = options;
  if (!(ttl >= 0 && ttl <= MAX_CACHE_TTL_MS)) {
    throw new BlobberError(
      "invalid-option",
      `invalid time for which tags are cached: ${ttl} ms, expected 0 to ${MAX_CACHE_TTL_MS}`,
    );
  }
  const paths = cachePaths(directory);
  const problem = prepareDirectory(paths);
  if (problem === undefined) return new CachedSource(source, paths, options);
  notify(options, {
    level: "warning",
    code: "cache-unused",
    message: `the cache is not used: ${problem}`,
  });
  return source;
}

class CachedSource implements Source {
  readonly name: string;
  readonly #source: Source;
  readonly #paths: CachePaths;
  readonly #options: CacheOptions;
  #told = false;
  #content: ReadThrough | undefined;

  constructor(source: Source, paths: CachePaths, options: CacheOptions) {
    this.name = source.name;
    this.#source = source;
    this.#paths = paths;
    this.#options = options;
  }

  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    checkAborted(options.signal);
    if (isDigest(tagOrDigest)) {
      const entry = readCacheEntry(this.#paths, tagOrDigest);
      return entry?.descriptor ?? await this.#source.resolve(tagOrDigest, options);
    }
    const { ttl = 0 } = this.#options;
    if (ttl === 0) return await this.#source.resolve(tagOrDigest, options);
    const path = this.#paths.tag(`${this.name}:${tagOrDigest}`);
    const known = this.#cachedTag(path, tagOrDigest, ttl);
    if (known) return known;
    const { mediaType, digest, size } = await this.#source.resolve(tagOrDigest, options);
    const value = { name: this.name, tag: tagOrDigest, at: Date.now(), mediaType, digest, size };
    try {
      writeRecord(this.#paths, path, value);
    } catch (error) {
      this.#failed(error);
    }
    return { mediaType, digest, size };
  }

  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    checkAborted(options.signal);
    // What has just been found by its tag need not be read from the disk.
    const held = options.range === undefined ? this.#source.held?.(target) : undefined;
    if (held !== undefined && touchEntry(this.#paths, target.digest)) return streamOf(held);
    if (this.#content === undefined) {
      const { ReadThrough } = await import("./read_through.ts");
      const onFailure = (error: unknown) => this.#failed(error);
      this.#content ??= new ReadThrough(this.#source, this.#paths, {
        ...this.#options,
        onFailure,
      });
    }
    return await this.#content.fetch(target, options);
  }

  forget(target: Descriptor, range: ByteRange): boolean {
    return this.#content?.forget(target, range) ?? false; // else nothing was read of it
  }

  async notedNames({ digest }: Descriptor): Promise<Names | undefined> {
    try {
      return await readListing(this.#paths, digest);
    } catch (error) { // what a disk or a stranger did to it is no reason to fail a read
      this.#failed(error);
      return undefined;
    }
  }

  async noteNames({ digest }: Descriptor, names: Names): Promise<void> {
    try {
      await keepListing(this.#paths, digest, names);
    } catch (error) {
      this.#failed(error);
    }
  }

  tags(options: CallOptions = {}): AsyncIterable<string> {
    return this.#source.tags(options);
  }

  referrers(subject: Descriptor, options: ReferrerOptions = {}): AsyncIterable<Descriptor> {
    return this.#source.referrers(subject, options);
  }

  #cachedTag(path: string, tag: string, ttl: number): Descriptor | undefined {
    const record = readRecord(path) as Record<string, unknown> | undefined;
    const age = Date.now() - Number(record?.at);
    if (record?.name !== this.name || record.tag !== tag || !(age >= 0 && age <= ttl)) return;
    const found = parseDescriptor(record, `tag ${tag} in the cache`);
    notify(this.#options, {
      level: this.#options.verifying ? "warning" : "debug",
      code: "cached-tag",
      message: `tag ${quote(tag)} was last asked for ${Math.round(age / 1000)} s ago; ` +
        `the cached answer ${found.digest} is used`,
    });
    return { mediaType: found.mediaType, digest: found.digest, size: found.size };
  }

  /** A full disk is no reason to fail a read; it is told once. */
  #failed(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const { message } = fileError("cannot write to", this.#paths.root, error);
    notify(this.#options, {
      level: "warning",
      code: "cache-not-written",
      message: `the cache is not written: ${message}`,
    });
  }
}
