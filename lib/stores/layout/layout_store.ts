/**
 * A store in a directory: an OCI image layout (image-layout.md). Reading needs no lock and writes nothing;
 * writing makes the layout when there is none.
 *
 * @module
 */

import { readFallback } from "../../artifact/fallback_tag.ts";
import { isDocumentType, mayBeOfType } from "../../artifact/manifest.ts";
import { noteOwn } from "../../doors/own_stores.ts";
import { guardCalls } from "../../doors/store_calls.ts";
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
} from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { hasContent, readBlob } from "./blob_reader.ts";
import { IndexFile } from "./index_file.ts";
import { LayoutChanges } from "./layout_changes.ts";
import { LayoutOpener, type LayoutOptions } from "./layout_opener.ts";
import { LayoutReferrers } from "./layout_referrers.ts";
import { findNamed } from "./listed.ts";
import { Lifetime } from "../../system/lifetime.ts";

/**
 * An OCI layout on disk.
 *
 * @example
 * ```ts
 * import { Client, LayoutStore } from "@blobber/core";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const dir = await mkdtemp(join(tmpdir(), "example-"));
 * const [client, store] = [new Client(), new LayoutStore(join(dir, "layout"))];
 * await client.push({ directory: "examples/site" }, { store, reference: "v1" });
 * const { digest } = await store.resolve("v1");
 * await client.list(`oci:${join(dir, "layout")}@${digest}`); // the same place by its name
 * await client.close();
 * await rm(dir, { recursive: true });
 * ```
 */
export class LayoutStore implements Store, AsyncDisposable {
  readonly name: string;
  readonly #life: Lifetime;
  readonly #layouts: LayoutOpener;
  readonly #referrers: LayoutReferrers;
  readonly #changes: LayoutChanges;

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
    this.#changes = new LayoutChanges(this.#layouts);
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

  /** As {@linkcode Store.manifests}. */
  async *manifests(options: CallOptions = {}): AsyncIterable<Descriptor> {
    this.#life.check(options.signal);
    const listed = this.#layouts.reading((layout) => IndexFile.read(layout.index)).manifests();
    for (const one of listed) if (isDocumentType(one.mediaType)) yield one;
  }

  /** As {@linkcode Store.has}. */
  // deno-lint-ignore require-await -- errors are rejections
  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    const found = hasContent(this.#layouts, target);
    if (found && !isDocumentType(target.mediaType)) this.#changes.found(target);
    return found;
  }

  /** As {@linkcode Store.begin}. */
  // deno-lint-ignore require-await -- errors are rejections
  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    this.#life.check(options.signal);
    return this.#life.keepWriter(this.#changes.begin(options));
  }

  /** As {@linkcode Store.put}. */
  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    await this.#changes.put(descriptor, bytes, this.#changing(options));
  }

  /** As {@linkcode Store.tag}. */
  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    await this.#changes.tag(tag, descriptor, this.#changing(options));
  }

  /** As {@linkcode Store.untag}. */
  async untag(tag: string, options: UntagOptions = {}): Promise<boolean> {
    return await this.#changes.untag(tag, this.#changing(options));
  }

  /** As {@linkcode Store.remove}; blobs that nothing names any more are let go of too. */
  async remove(target: Descriptor, options: RemoveManifestOptions = {}): Promise<Freed> {
    return await this.#changes.remove(target, this.#changing(options));
  }

  /** As {@linkcode Store.close}. What is in the directory stays. */
  async close(): Promise<void> {
    await this.#life.close();
  }

  /** As {@linkcode LayoutStore.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Options of a call that changes something, which ends when the store is closed. */
  #changing<O extends CallOptions>(options: O): O & { signal: AbortSignal } {
    this.#life.check(options.signal);
    return { ...options, signal: this.#life.either(options.signal) };
  }
}

guardCalls(LayoutStore.prototype);
