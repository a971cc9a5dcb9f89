/**
 * Content through a cache: what it holds is checked and handed out, what it does not hold is kept as it
 * passes. Loaded to read more than names.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import { notify, type Observer, reportPart } from "../../events.ts";
import { fileStream } from "../../system/streams.ts";
import { readBounded, rename } from "../../system/files.ts";
import { MAX_MANIFEST_BYTES, SURPRISING_DOWNLOAD_BYTES } from "../../limits.ts";
import { isDocumentType, parseDocument } from "../../artifact/manifest.ts";
import { nodeModule } from "../../system/runtime.ts";
import type { ByteRange, CallOptions, FetchOptions, Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { openCheckedFile, openCheckedRange } from "./checked_file.ts";
import { keepEntry, touchEntry } from "./entries.ts";
import { dropParts, keepPart, openParts } from "./parts.ts";
import type { CachePaths } from "./paths.ts";

/** Where a {@linkcode ReadThrough} reports to. */
export interface ReadThroughOptions extends Observer {
  /** Called when something cannot be kept, which fails no read. */
  onFailure(error: unknown): void;
  /** Told of what comes out of the cache, and of what is fetched to have a part of it. */
  traffic?: {
    reuse(blob: Digest, bytes: number): void;
    fetchBeside(blob: Digest, bytes: number): void;
  } | undefined;
}

/** Memory that a blob passes through that is fetched whole. */
const SCRATCH_BYTES = 256 * 1024;

/** The content of a source, with a cache in front of it. */
export class ReadThrough {
  readonly #source: Source;
  readonly #paths: CachePaths;
  readonly #options: ReadThroughOptions;
  /** Blobs that are being fetched whole because their source gives no ranges. */
  readonly #fetching = new Map<Digest, Promise<void>>();

  /**
   * @param source where content comes from
   * @param paths the cache
   * @param options where it reports to
   */
  constructor(source: Source, paths: CachePaths, options: ReadThroughOptions) {
    this.#source = source;
    this.#paths = paths;
    this.#options = options;
  }

  /** As {@linkcode Source.fetch}. */
  async fetch(target: Descriptor, options: FetchOptions): Promise<ReadableStream<Uint8Array>> {
    const { range } = options;
    const whole = range === undefined || (range.start === 0 && range.end === target.size);
    return whole ? await this.#whole(target, options) : await this.#range(target, range, options);
  }

  /** As {@linkcode Source.forget}. */
  forget({ digest }: Descriptor, range: ByteRange): boolean {
    const { existsSync, rmSync } = nodeModule("fs");
    const whole = [this.#paths.blob(digest), this.#paths.sums(digest)].filter(existsSync);
    for (const path of whole) rmSync(path, { force: true });
    return dropParts(this.#paths, digest, range) || whole.length > 0;
  }

  async #whole(target: Descriptor, options: CallOptions): Promise<ReadableStream<Uint8Array>> {
    const { digest, size } = target;
    const path = this.#paths.blob(digest);
    const file = await openCheckedFile(path, size, digest, options);
    if (file !== undefined) {
      if (isDocumentType(target.mediaType)) this.#use(target);
      this.#options.traffic?.reuse(digest, size);
      return fileStream(file, { start: 0, end: size }, options.signal);
    }
    const loading = import("./tee.ts");
    const stream = await this.#source.fetch(target, { signal: options.signal });
    const isDocument = isDocumentType(target.mediaType);
    const name = `${digest} of ${this.#source.name}`;
    // A manifest becomes an entry, which must be right; readers of a blob check its digest anyway.
    const { tee } = await loading;
    return tee(this.#paths, stream, { size, name, ...(isDocument && { digest }) }, {
      name: digest,
      keep: (file) => {
        rename(file, path);
        dropParts(this.#paths, digest);
        if (isDocument) this.#use(target);
      },
      onFailure: this.#options.onFailure,
    });
  }

  async #range(
    target: Descriptor,
    range: ByteRange,
    options: CallOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const { digest } = target;
    const file = await openCheckedRange(this.#paths, target, range, options);
    const reuse = () => this.#options.traffic?.reuse(digest, range.end - range.start);
    if (file !== undefined) {
      reuse();
      return fileStream(file, range, options.signal);
    }
    const parts = await openParts(this.#paths, digest, range, options);
    if (parts !== undefined) {
      reuse();
      return parts;
    }
    const loading = import("./tee.ts");
    let stream: ReadableStream<Uint8Array>;
    try {
      stream = await this.#source.fetch(target, { range, signal: options.signal });
    } catch (error) {
      if (!isBlobberError(error, "range-not-supported") || range.end > target.size) throw error;
      await this.#fetchWhole(target, error);
      const whole = await openCheckedRange(this.#paths, target, range, options);
      if (whole === undefined) throw error; // it could not be kept
      reuse(); // it was fetched beside
      return fileStream(whole, range, options.signal);
    }
    const name = `bytes ${range.start} to ${range.end} of ${digest} of ${this.#source.name}`;
    const { tee } = await loading;
    return tee(this.#paths, stream, { size: range.end - range.start, name }, {
      keep: (file, own) => keepPart(this.#paths, digest, { range, file, digest: own }),
      onFailure: this.#options.onFailure,
    });
  }

  /** Brings a blob into the cache, once for all who want a range of it and cannot have that alone. */
  #fetchWhole(target: Descriptor, why: Error): Promise<void> {
    const { digest } = target;
    let fetching = this.#fetching.get(digest);
    if (fetching === undefined) {
      fetching = this.#readWhole(target, why).finally(() => this.#fetching.delete(digest));
      this.#fetching.set(digest, fetching);
    }
    return fetching;
  }

  async #readWhole(target: Descriptor, why: Error): Promise<void> {
    const { digest, size } = target;
    const { signal } = this.#options;
    notify(this.#options, {
      level: size > SURPRISING_DOWNLOAD_BYTES ? "warning" : "debug",
      code: "whole-download",
      message:
        `${why.message}, so all of the ${size} bytes of ${digest} are downloaded into the cache`,
    });
    const stream = await this.#whole(target, { signal });
    this.#options.traffic?.fetchBeside(digest, size);
    const { CheckedReader } = await import("../../checked_content.ts");
    const name = `${digest} of ${this.#source.name}`;
    const reader = new CheckedReader(stream, { size, digest, name });
    let scratch = new ArrayBuffer(SCRATCH_BYTES);
    for (let done = 0;;) {
      const bytes = await reader.read(scratch);
      if (bytes === undefined) return;
      done += bytes.length;
      const finished = done === size;
      reportPart(this.#options, {
        phase: "download",
        part: digest,
        done,
        total: size,
        unit: "bytes",
        finished,
      });
      scratch = bytes.buffer;
    }
  }

  /** A manifest was read: its entry is used, or made. */
  #use({ mediaType, digest, size }: Descriptor): void {
    if (touchEntry(this.#paths, digest)) return;
    try {
      const bytes = readBounded(this.#paths.blob(digest), MAX_MANIFEST_BYTES);
      if (bytes) keepEntry(this.#paths, parseDocument({ mediaType, digest, size }, bytes));
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
