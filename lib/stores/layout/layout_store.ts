/**
 * A store in a directory: an OCI image layout (image-layout.md). Reading needs no lock and writes nothing;
 * writing makes the layout when there is none.
 *
 * @module
 */

import { checkGiven } from "../../checked_content.ts";
import { readFallback } from "../../artifact/fallback_tag.ts";
import { mayBeOfType, parseDocument } from "../../artifact/manifest.ts";
import { tagTaken } from "../../artifact/tag_taken.ts";
import { noteOwn } from "../../doors/own_stores.ts";
import { guardCalls } from "../../doors/store_calls.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  ReferrerOptions,
  SetTagOptions,
  Store,
} from "../../store.ts";
import { withLock } from "../../system/file_lock.ts";
import type { Descriptor } from "../../types.ts";
import { hasContent, readBlob } from "./blob_reader.ts";
import { LayoutBlobWriter } from "./blob_writer.ts";
import { IndexFile } from "./index_file.ts";
import { type LayoutDirectory, LayoutOpener, type LayoutOptions } from "./layout_opener.ts";
import { LayoutReferrers } from "./layout_referrers.ts";
import { findNamed, listedAs } from "./listed.ts";
import { Lifetime } from "../../system/lifetime.ts";

/** An OCI layout on disk. */
export class LayoutStore implements Store, AsyncDisposable {
  readonly name: string;
  readonly #life: Lifetime;
  readonly #layouts: LayoutOpener;
  readonly #referrers: LayoutReferrers;

  /**
   * Names a layout; nothing is read or made yet.
   *
   * @param path its directory
   * @param options how it is opened
   */
  constructor(path: string, options: LayoutOptions = {}) {
    this.#layouts = new LayoutOpener(path, options);
    this.name = this.#layouts.name;
    this.#life = new Lifetime(this.name);
    this.#referrers = new LayoutReferrers(this.name);
    if (new.target === LayoutStore) noteOwn(this);
  }

  /** As {@linkcode Store.resolve}. */
  // deno-lint-ignore require-await -- errors are rejections
  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#life.check(options.signal);
    return this.#layouts.reading((layout) => {
      const index = IndexFile.read(layout.index);
      const { mediaType, digest, size } = findNamed(layout, tagOrDigest, {
        index,
        name: this.name,
      });
      return { mediaType, digest, size };
    });
  }

  /** As {@linkcode Store.fetch}. */
  // deno-lint-ignore require-await -- errors are rejections
  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    this.#life.check(options.signal);
    return readBlob(this.#layouts, target, { ...options, life: this.#life });
  }

  /** As {@linkcode Store.tags}. */
  async *tags(options: CallOptions = {}): AsyncIterable<string> {
    this.#life.check(options.signal);
    yield* this.#layouts.reading((layout) => IndexFile.read(layout.index)).tags();
  }

  /** As {@linkcode Store.referrers}: every manifest listed is asked for its subject. */
  async *referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    this.#life.check(options.signal);
    const { via = "auto", artifactType } = options;
    const seen = new Set<string>();
    if (via !== "tag") {
      const layout = this.#layouts.open();
      const ended = this.#life.keep(() => layout.close());
      try {
        for await (const one of this.#referrers.of(layout, subject, options)) {
          seen.add(one.digest);
          yield one;
          this.#life.check();
        }
      } finally {
        ended();
        layout.close();
      }
    }
    if (via === "api") return;
    for (const one of await readFallback(this, subject, options)) {
      if (!seen.has(one.digest) && mayBeOfType(one, artifactType)) yield one;
    }
  }

  /** As {@linkcode Store.has}. */
  // deno-lint-ignore require-await -- errors are rejections
  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    return hasContent(this.#layouts, target);
  }

  /** As {@linkcode Store.begin}. */
  // deno-lint-ignore require-await -- errors are rejections
  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    this.#life.check(options.signal);
    return this.#life.keepWriter(new LayoutBlobWriter(this.#layouts.make(), options));
  }

  /** As {@linkcode Store.put}. */
  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    const { mediaType, digest, size } = descriptor;
    checkGiven(bytes, descriptor, this.name);
    const document = parseDocument({ mediaType, digest, size }, bytes);
    const writer = new LayoutBlobWriter(this.#layouts.make(), options);
    try {
      await writer.write(bytes);
      await writer.commit(descriptor);
    } finally {
      await writer.abort();
    }
    await this.#update(options, (_, index) => index.add(listedAs(document)));
  }

  /** As {@linkcode Store.tag}. */
  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    this.#layouts.reading(() => {}); // what is no layout is not made one
    await this.#update(options, (layout, index) => {
      const { digest } = descriptor;
      const { mediaType, size } = findNamed(layout, digest, { index, name: this.name });
      const now = index.tagged(tag)?.digest;
      if (options.ifAbsent && now !== undefined && now !== digest) throw tagTaken(tag, now, this);
      index.tag(tag, { mediaType, digest, size });
    });
  }

  /** As {@linkcode Store.close}. What is in the directory stays. */
  async close(): Promise<void> {
    await this.#life.close();
  }

  /** As {@linkcode LayoutStore.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #update(
    options: CallOptions,
    change: (layout: LayoutDirectory, index: IndexFile) => void,
  ): Promise<void> {
    const layout = this.#layouts.make();
    try {
      await withLock(layout.lock, (held) => {
        const index = IndexFile.read(layout.index);
        change(layout, index);
        index.write(held);
      }, { signal: this.#life.either(options.signal) });
    } finally {
      layout.close();
    }
  }
}

guardCalls(LayoutStore.prototype);
