/**
 * A repository in a registry as a store. What blobs, writing and signatures need is loaded when a blob is read,
 * something is written or a signature is verified: to read a manifest, or to be answered by a cache, takes less.
 *
 * @module
 */

import { isDocumentType } from "../artifact/manifest.ts";
import { guardCalls } from "../doors/store_calls.ts";
import type { RegistryReference } from "../reference.ts";
import { Manifests } from "../registry/distribution/manifests.ts";
import { openRepository, type RegistryOptions } from "../registry/open_repository.ts";
import type { Repository } from "../registry/repository.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  Freed,
  ReferrerOptions,
  RemoveManifestOptions,
  SetTagOptions,
  Source,
  Store,
  UntagOptions,
} from "../store.ts";
import { streamOf } from "../system/streams.ts";
import type { Descriptor } from "../types.ts";
import { Lifetime } from "../system/lifetime.ts";

/**
 * Opens a repository. Nothing is asked of the registry yet.
 *
 * @param reference its registry and repository; tag and digest do not matter here
 * @param options how the registry is reached
 */
export function openRegistry(
  reference: RegistryReference,
  options: RegistryOptions = {},
): Store {
  return new RegistryStore(reference, options);
}

class RegistryStore implements Store {
  readonly name: string;
  readonly repository: Repository;
  readonly #manifests: Manifests;
  readonly #options: RegistryOptions;
  readonly #life: Lifetime;

  constructor(reference: RegistryReference, options: RegistryOptions) {
    this.#options = options;
    this.repository = openRepository(reference, options);
    this.name = this.repository.name;
    this.#life = new Lifetime(this.name);
    this.#manifests = new Manifests(this.repository, options);
  }

  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#life.check(options.signal);
    return { ...(await this.#manifests.get(tagOrDigest, options)).descriptor };
  }

  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    this.#life.check(options.signal);
    if (!isDocumentType(target.mediaType)) {
      const { openBlob } = await import("../registry/blobs/download.ts");
      return await openBlob(this.repository, target, {
        ...options,
        onNotice: this.#options.onNotice,
      });
    }
    const { bytes } = await this.#manifests.get(target.digest, options);
    return streamOf(
      options.range === undefined ? bytes : bytes.subarray(options.range.start, options.range.end),
    );
  }

  held({ digest }: Descriptor): Uint8Array<ArrayBuffer> | undefined {
    return this.#manifests.held(digest)?.bytes;
  }

  async *tags(options: CallOptions = {}): AsyncIterable<string> {
    this.#life.check(options.signal);
    const { listTags } = await import("../registry/distribution/tags.ts");
    yield* listTags(this.repository, options);
  }

  async named(
    tag: string,
    options: CallOptions = {},
  ): Promise<Pick<Descriptor, "mediaType" | "digest"> | undefined> {
    this.#life.check(options.signal);
    const found = await this.#manifests.named(tag, options);
    return found && { mediaType: found.mediaType, digest: found.digest };
  }

  async *referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    this.#life.check(options.signal);
    const { listReferrers } = await import("../registry/distribution/referrers.ts");
    const via = options.via ?? this.#options.referrers ?? "auto";
    const place = { repository: this.repository, source: this, observer: this.#options };
    yield* listReferrers(place, subject, { ...options, via });
  }

  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    const { hasContent } = await import("../registry/distribution/presence.ts");
    return await hasContent(this.repository, target, options);
  }

  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    this.#life.check(options.signal);
    const { beginUpload } = await import("../registry/blobs/upload.ts");
    return this.#life.keepWriter(beginUpload(this.repository, this.#options, options));
  }

  async mount(target: Descriptor, from: Source, options: CallOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    if (!(from instanceof RegistryStore)) return false;
    const { address, path } = from.repository;
    if (address !== this.repository.address) return false;
    if (path === this.repository.path) return await this.has(target, options);
    const { mountBlob } = await import("../registry/distribution/presence.ts");
    return await mountBlob(
      this.repository,
      { digest: target.digest, from: from.repository },
      options,
    );
  }

  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    const { putManifest } = await import("../registry/distribution/changes.ts");
    await putManifest(this.#publishing(), { descriptor, bytes }, options);
  }

  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    this.#life.check(options.signal);
    const { tagManifest } = await import("../registry/distribution/changes.ts");
    await tagManifest(this.#publishing(), { tag, descriptor }, options);
  }

  async untag(tag: string, options: UntagOptions = {}): Promise<boolean> {
    this.#life.check(options.signal);
    const { untagManifest } = await import("../registry/distribution/changes.ts");
    return await untagManifest(this.#publishing(), tag, options);
  }

  async remove(target: Descriptor, options: RemoveManifestOptions = {}): Promise<Freed> {
    this.#life.check(options.signal);
    const { removeManifest } = await import("../registry/distribution/changes.ts");
    return await removeManifest({ ...this.#publishing(), source: this }, target, options);
  }

  /** As {@linkcode Store.close}. */
  async close(): Promise<void> {
    await this.#life.close(() => this.repository.close());
  }

  #publishing() {
    const { referrers: via } = this.#options;
    return { repository: this.repository, manifests: this.#manifests, via };
  }
}

guardCalls(RegistryStore.prototype);
