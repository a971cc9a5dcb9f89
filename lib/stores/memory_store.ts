/**
 * A store in memory: for tests, and for artifacts that need no disk.
 *
 * @module
 */

import { contentMissing } from "../artifact/content_missing.ts";
import { concat } from "../bytes.ts";
import { type Digest, isDigest } from "../digest.ts";
import { noteOwn } from "../doors/own_stores.ts";
import { BlobberError } from "../errors.ts";
import { guardCalls } from "../doors/store_calls.ts";
import { readFallback } from "../artifact/fallback_tag.ts";
import {
  isDocumentType,
  mayBeOfType,
  parseDocument,
  referrerDescriptor,
} from "../artifact/manifest.ts";
import { quote } from "../text/printable.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  Freed,
  ReferrerOptions,
  RemoveManifestOptions,
  SetTagOptions,
  Store,
  UntagOptions,
} from "../store.ts";
import { streamOf } from "../system/streams.ts";
import { checkGiven } from "../checked_content.ts";
import { manifestTagged, tagMoved, tagTaken } from "../artifact/tag_taken.ts";
import { contentsOf } from "../artifact/contents.ts";
import type { Descriptor } from "../types.ts";
import { Lifetime } from "../system/lifetime.ts";

/**
 * Keeps everything in memory, and is as strict as a registry: what a digest does not match is refused.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 *
 * const [client, store] = [new Client(), new MemoryStore()];
 * const { digest } = await client.push({ directory: "examples/site" }, { store, reference: "v1" });
 * if ((await store.resolve("v1")).digest !== digest) throw new Error("expected the same digest");
 * await client.close();
 * ```
 */
export class MemoryStore implements Store, AsyncDisposable {
  readonly name: string;
  readonly #life: Lifetime;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #manifests = new Map<Digest, { descriptor: Descriptor; bytes: Uint8Array }>();
  readonly #tags = new Map<string, Digest>();
  readonly #referrers = new Map<Digest, Map<Digest, Descriptor>>();
  /** Blobs that were written, or found to be there, for a manifest that is still to come: they are not let go of. */
  readonly #awaited = new Set<Digest>();

  /**
   * Makes an empty store.
   *
   * @param name what messages call it
   */
  constructor(name = "memory") {
    this.name = name;
    if (new.target === MemoryStore) noteOwn(this);
    this.#life = new Lifetime(name);
  }

  /** As {@linkcode Store.resolve}. */
  // deno-lint-ignore require-await -- errors are rejections
  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#life.check(options.signal);
    const digest = isDigest(tagOrDigest) ? tagOrDigest : this.#tags.get(tagOrDigest);
    const found = digest && this.#manifests.get(digest);
    if (!found) throw this.#missing(quote(tagOrDigest));
    return { ...found.descriptor };
  }

  /** As {@linkcode Store.fetch}. */
  // deno-lint-ignore require-await -- errors are rejections
  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    this.#life.check(options.signal);
    const bytes = this.#content(target);
    if (!bytes) throw contentMissing(target, this.name);
    if (options.range === undefined) return streamOf(bytes);
    const { start, end } = options.range;
    if (start < 0 || end < start || end > bytes.length) {
      throw new BlobberError(
        "range-not-supported",
        `bytes ${start} to ${end} of ${target.digest} in ${this.name} do not exist, ` +
          `expected at most ${bytes.length}`,
      );
    }
    return streamOf(bytes.subarray(start, end));
  }

  /** As {@linkcode Store.tags}, sorted. */
  async *tags(options: CallOptions = {}): AsyncIterable<string> {
    this.#life.check(options.signal);
    yield* [...this.#tags.keys()].sort();
  }

  /** As {@linkcode Store.referrers}. */
  async *referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    this.#life.check(options.signal);
    const { via = "auto", artifactType } = options;
    const found = new Map<Digest, Descriptor>();
    if (via !== "tag") {
      for (const one of this.#referrers.get(subject.digest)?.values() ?? []) {
        found.set(one.digest, one);
      }
    }
    if (via !== "api") {
      for (const one of await readFallback(this, subject, options)) {
        if (!found.has(one.digest)) found.set(one.digest, one);
      }
    }
    for (const one of found.values()) {
      if (mayBeOfType(one, artifactType)) yield { ...one };
    }
  }

  /** As {@linkcode Store.has}. */
  // deno-lint-ignore require-await -- errors are rejections
  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    if (this.#content(target) === undefined) return false;
    this.#awaited.add(target.digest);
    return true;
  }

  /** As {@linkcode Store.begin}. */
  // deno-lint-ignore require-await -- errors are rejections
  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    this.#life.check(options.signal);
    let parts: Uint8Array[] | undefined = [];
    const open = () => {
      this.#life.check(options.signal);
      if (parts) return parts;
      throw new BlobberError("closed", `a blob of ${this.name} is written after its end`);
    };
    return this.#life.keepWriter({
      write: async (bytes) => await void open().push(bytes.slice()),
      // deno-lint-ignore require-await -- errors are rejections
      commit: async (descriptor) => {
        const bytes = concat(...open());
        parts = undefined;
        checkGiven(bytes, descriptor, this.name);
        this.#blobs.set(descriptor.digest, bytes);
        this.#awaited.add(descriptor.digest);
      },
      abort: async () => await void (parts = undefined),
    });
  }

  /** As {@linkcode Store.mount}: works between any two stores in memory. */
  // deno-lint-ignore require-await -- errors are rejections
  async mount(
    target: Descriptor,
    from: unknown,
    options: CallOptions = {},
  ): Promise<boolean> {
    this.#life.check(options.signal);
    if (!(from instanceof MemoryStore)) return false;
    const bytes = from.#blobs.get(target.digest);
    if (bytes?.length !== target.size) return false;
    this.#blobs.set(target.digest, bytes);
    this.#awaited.add(target.digest);
    return true;
  }

  /** As {@linkcode Store.put}. */
  // deno-lint-ignore require-await -- errors are rejections
  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    checkGiven(bytes, descriptor, this.name);
    const { mediaType, digest, size } = descriptor;
    const document = parseDocument({ mediaType, digest, size }, bytes.slice());
    this.#manifests.set(digest, document);
    for (const one of [descriptor, ...contentsOf(document.value)]) this.#awaited.delete(one.digest);
    const subject = document.value.subject?.digest;
    if (subject !== undefined) {
      const list = this.#referrers.get(subject) ?? new Map<Digest, Descriptor>();
      list.set(digest, referrerDescriptor(document));
      this.#referrers.set(subject, list);
    }
  }

  /** As {@linkcode Store.tag}. */
  // deno-lint-ignore require-await -- errors are rejections
  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    const { digest } = descriptor;
    if (!this.#manifests.has(digest)) throw this.#missing(digest);
    const now = this.#tags.get(tag);
    if (options.ifAbsent && now !== undefined && now !== digest) throw tagTaken(tag, now, this);
    this.#tags.set(tag, digest);
  }

  /** As {@linkcode Store.manifests}. */
  async *manifests(options: CallOptions = {}): AsyncIterable<Descriptor> {
    this.#life.check(options.signal);
    for (const { descriptor } of [...this.#manifests.values()]) yield { ...descriptor };
  }

  /** As {@linkcode Store.untag}. */
  // deno-lint-ignore require-await -- errors are rejections
  async untag(tag: string, options: UntagOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    const now = this.#tags.get(tag);
    if (now === undefined) throw this.#missing(quote(tag));
    const { expect = now } = options;
    if (now !== expect) throw tagMoved(tag, { now, expected: expect }, this);
    return this.#tags.delete(tag);
  }

  /** As {@linkcode Store.remove}; blobs that only this manifest names are let go of too. */
  // deno-lint-ignore require-await -- errors are rejections
  async remove(target: Descriptor, options: RemoveManifestOptions = {}): Promise<Freed> {
    this.#life.check(options.signal);
    const { digest } = target;
    const found = this.#manifests.get(digest);
    if (found === undefined) throw this.#missing(digest);
    const tags = [...this.#tags].filter(([, named]) => named === digest).map(([tag]) => tag);
    if (options.ifUntagged && tags.length > 0) throw manifestTagged(digest, tags[0]!, this);
    for (const tag of tags) this.#tags.delete(tag);
    this.#manifests.delete(digest);
    const { value } = parseDocument(found.descriptor, found.bytes.slice());
    if (value.subject !== undefined) this.#referrers.get(value.subject.digest)?.delete(digest);
    const named = new Set(
      [...this.#manifests.values()].flatMap(({ descriptor, bytes }) =>
        contentsOf(parseDocument(descriptor, bytes.slice()).value).map((one) => one.digest)
      ),
    );
    const freed = { blobs: 1, bytes: found.bytes.length };
    for (const { digest } of contentsOf(value)) {
      const blob = this.#blobs.get(digest);
      if (blob === undefined || named.has(digest) || this.#awaited.has(digest)) continue;
      this.#blobs.delete(digest);
      freed.blobs++;
      freed.bytes += blob.length;
    }
    return freed;
  }

  /** As {@linkcode Store.close}; what it holds is gone. */
  async close(): Promise<void> {
    await this.#life.close(() => {
      for (const held of [this.#blobs, this.#manifests, this.#tags, this.#referrers]) held.clear();
    });
  }

  /** As {@linkcode MemoryStore.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #content(target: Descriptor): Uint8Array | undefined {
    return isDocumentType(target.mediaType)
      ? this.#manifests.get(target.digest)?.bytes
      : this.#blobs.get(target.digest);
  }

  #missing(what: string): BlobberError {
    return new BlobberError("not-found", `${what} not found in ${this.name}`);
  }
}

guardCalls(MemoryStore.prototype);
