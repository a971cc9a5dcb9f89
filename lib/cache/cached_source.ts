/**
 * A source in front of a source: what was read once is read from disk the next time. Nobody behind it
 * notices but by the speed. Lists are never cached: what tags there are, what they point at (unless a time
 * is given), what refers to a manifest. Nor is what a verification said.
 *
 * @module
 */

import { isDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { notify, type Observer } from "../events.ts";
import { fileStream } from "../file_stream.ts";
import { fileError, readBounded } from "../files.ts";
import { nodeModule } from "../runtime.ts";
import { MAX_CACHE_TTL_MS, MAX_MANIFEST_BYTES } from "../limits.ts";
import { isDocumentType, parseDescriptor, parseDocument } from "../manifest.ts";
import { quote } from "../printable.ts";
import type { ByteRange, CallOptions, FetchOptions, ReferrerOptions, Source } from "../store.ts";
import type { Descriptor } from "../types.ts";
import { openRange, openWhole } from "./checked.ts";
import { prepareDirectory } from "./directory.ts";
import { keepEntry, readEntry, touchEntry } from "./entries.ts";
import { keepListing, readListing } from "./listings.ts";
import { dropParts, keepPart, openParts } from "./parts.ts";
import { type CachePaths, cachePaths } from "./paths.ts";
import { readRecord, writeRecord } from "./record.ts";

/** How a cache is used. */
export interface CacheOptions extends Observer {
  /** How long a tag's digest may be taken from the cache, in milliseconds. @default 0 */
  ttl?: number | undefined;
  /** Whether what is read is verified: then a tag from the cache, which may hide a newer one, is a warning. */
  verifying?: boolean | undefined;
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
  notify(options, "warning", "cache-unused", `the cache is not used: ${problem}`);
  return source;
}

class CachedSource implements Source {
  readonly name: string;
  readonly #source: Source;
  readonly #paths: CachePaths;
  readonly #options: CacheOptions;
  #told = false;

  constructor(source: Source, paths: CachePaths, options: CacheOptions) {
    this.name = source.name;
    this.#source = source;
    this.#paths = paths;
    this.#options = options;
  }

  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    if (isDigest(tagOrDigest)) {
      const entry = readEntry(this.#paths, tagOrDigest);
      return entry?.descriptor ?? await this.#source.resolve(tagOrDigest, options);
    }
    const { ttl = 0 } = this.#options;
    if (ttl === 0) return await this.#source.resolve(tagOrDigest, options);
    const path = this.#paths.tag(`${this.name}:${tagOrDigest}`);
    const known = this.#cachedTag(path, tagOrDigest, ttl);
    if (known) return known;
    const { mediaType, digest, size } = await this.#source.resolve(tagOrDigest, options);
    const value = { name: this.name, tag: tagOrDigest, at: Date.now(), mediaType, digest, size };
    this.#quietly(() => writeRecord(this.#paths, path, value));
    return { mediaType, digest, size };
  }

  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    options.signal?.throwIfAborted();
    const { range } = options;
    const whole = range === undefined || (range.start === 0 && range.end === target.size);
    return whole ? await this.#whole(target, options) : await this.#range(target, range, options);
  }

  forget({ digest }: Descriptor, range: ByteRange): boolean {
    const { existsSync, rmSync } = nodeModule("fs");
    const whole = [this.#paths.blob(digest), this.#paths.sums(digest)].filter(existsSync);
    for (const path of whole) rmSync(path, { force: true });
    return dropParts(this.#paths, digest, range) || whole.length > 0;
  }

  async notedNames({ digest }: Descriptor): Promise<string | undefined> {
    try {
      return await readListing(this.#paths, digest);
    } catch (error) { // what a disk or a stranger did to it is no reason to fail a read
      this.#failed(error);
      return undefined;
    }
  }

  async noteNames({ digest }: Descriptor, names: string): Promise<void> {
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

  async #whole(target: Descriptor, options: FetchOptions): Promise<ReadableStream<Uint8Array>> {
    const { digest, size } = target;
    const path = this.#paths.blob(digest);
    const file = await openWhole(path, size, digest, options);
    if (file !== undefined) {
      if (isDocumentType(target.mediaType)) this.#use(target);
      return fileStream(file, 0, size, options.signal);
    }
    const loading = import("./tee.ts");
    const stream = await this.#source.fetch(target, { signal: options.signal });
    const isDocument = isDocumentType(target.mediaType);
    const name = `${digest} of ${this.name}`;
    // Of a manifest an entry is made, which must be right; whoever reads a blob takes its digest anyway.
    const { tee } = await loading;
    return tee(this.#paths, stream, { size, name, ...(isDocument && { digest }) }, {
      name: digest,
      keep: (file) => {
        nodeModule("fs").renameSync(file, path);
        dropParts(this.#paths, digest);
        if (isDocument) this.#use(target);
      },
      onFailure: (error) => this.#failed(error),
    });
  }

  async #range(
    target: Descriptor,
    range: ByteRange,
    options: FetchOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const { digest } = target;
    const file = await openRange(this.#paths, target, range, options);
    if (file !== undefined) return fileStream(file, range.start, range.end, options.signal);
    const parts = await openParts(this.#paths, digest, range, options);
    if (parts !== undefined) return parts;
    const loading = import("./tee.ts");
    const stream = await this.#source.fetch(target, { range, signal: options.signal });
    const name = `bytes ${range.start} to ${range.end} of ${digest} of ${this.name}`;
    const { tee } = await loading;
    return tee(this.#paths, stream, { size: range.end - range.start, name }, {
      keep: (file, own) => keepPart(this.#paths, digest, range, file, own),
      onFailure: (error) => this.#failed(error),
    });
  }

  /** A manifest was read: its entry is used, or made. */
  #use(target: Descriptor): void {
    const { mediaType, digest, size } = target;
    if (touchEntry(this.#paths, digest)) return;
    this.#quietly(() => {
      const bytes = readBounded(this.#paths.blob(digest), MAX_MANIFEST_BYTES);
      if (bytes) keepEntry(this.#paths, parseDocument({ mediaType, digest, size }, bytes));
    });
  }

  #cachedTag(path: string, tag: string, ttl: number): Descriptor | undefined {
    const record = readRecord(path) as Record<string, unknown> | undefined;
    const age = Date.now() - Number(record?.at);
    if (record?.name !== this.name || record.tag !== tag || !(age >= 0 && age <= ttl)) return;
    const found = parseDescriptor(record, `tag ${tag} in the cache`);
    notify(
      this.#options,
      this.#options.verifying ? "warning" : "debug",
      "cached-tag",
      `tag ${quote(tag)} was last asked for ${Math.round(age / 1000)} s ago; ` +
        `the cached answer ${found.digest} is used`,
    );
    return { mediaType: found.mediaType, digest: found.digest, size: found.size };
  }

  #quietly(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A full disk is no reason to fail a read; it is told once. */
  #failed(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const { message } = fileError("cannot write to", this.#paths.root, error);
    notify(this.#options, "warning", "cache-not-written", `the cache is not written: ${message}`);
  }
}
