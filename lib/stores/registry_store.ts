/**
 * A repository in a registry as a store. What blobs, writing and signatures need is loaded by whoever reads
 * a blob, writes or verifies: others wait for less.
 *
 * @module
 */

import { digestOf, isDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import { MAX_TAGS } from "../limits.ts";
import { isDocumentType, parseDocument } from "../artifact/manifest.ts";
import type { ClientOptions } from "../options.ts";
import { quote } from "../printable.ts";
import { addressOf, isTag, type RegistryReference, storeName, TAG_GRAMMAR } from "../reference.ts";
import { VERSION } from "../system/runtime.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  ReferrerOptions,
  SetTagOptions,
  Source,
  Store,
} from "../store.ts";
import { streamOf } from "../system/streams.ts";
import type { Descriptor } from "../types.ts";
import { drop } from "../registry/http/body.ts";
import { wholeNumberIn } from "../registry/http/header_number.ts";
import { connectionFor, endpointOf } from "../registry/http/connection.ts";
import { Manifests } from "../registry/distribution/manifests.ts";
import { Repository } from "../registry/repository.ts";
import { type Seams, Transport } from "../registry/transport.ts";

/** Options of {@linkcode openRegistry}: a client's, and where notices go. */
export interface RegistryOptions extends ClientOptions, Pick<Observer, "onNotice"> {
  /** What tests replace: time, the engine. */
  seams?: Seams | undefined;
}

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
  /** `host[:port]`, canonical. */
  readonly address: string;
  readonly repository: Repository;
  readonly #manifests: Manifests;
  readonly #options: RegistryOptions;

  constructor(reference: RegistryReference, options: RegistryOptions) {
    const { host, repository: path } = reference;
    this.#options = options;
    this.address = addressOf(reference);
    this.name = storeName(reference);
    const transport = new Transport({
      host: this.address,
      endpoint: endpointOf(reference),
      connection: connectionFor(host, options),
      credentials: async () => {
        if (options.credentials !== undefined) return await options.credentials(host, path);
        const { credentialsFor } = await import("../registry/auth/credentials.ts");
        return await credentialsFor(host, path);
      },
      userAgent: options.userAgent ?? `blobber/${VERSION}`,
      observer: options,
      seams: options.seams,
    });
    this.repository = new Repository(transport, path, this.name);
    this.#manifests = new Manifests(this.repository, options);
  }

  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    checkSelector(tagOrDigest);
    return { ...(await this.#manifests.get(tagOrDigest, options)).descriptor };
  }

  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    if (!isDocumentType(target.mediaType)) {
      const { openBlob } = await import("../registry/blobs/download.ts");
      return await openBlob(this.repository, target, options, this.#options);
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
    const what = `tags of ${this.name}`;
    const get = (to: string | URL) =>
      this.repository.expect("pull", { method: "GET", to, signal: options.signal }, [200], {
        doing: `listing ${what}`,
        subject: "tags",
      });
    let count = 0;
    const { pages } = await import("../registry/distribution/pages.ts");
    for await (const { json } of pages(this.repository.at("tags/list?n=1000"), get, what)) {
      const { tags } = Object(json) as { tags?: unknown };
      if (tags === null || tags === undefined) continue; // a repository without tags
      if (!Array.isArray(tags)) {
        throw new BlobberError("registry", `${what}: the answer holds no list of tags`);
      }
      for (const tag of tags) {
        if (typeof tag !== "string" || !isTag(tag)) {
          throw new BlobberError(
            "registry",
            `${what}: ${quote(tag)} is not a tag, expected ${TAG_GRAMMAR}`,
          );
        }
        if (++count > MAX_TAGS) {
          throw new BlobberError("limit", `${what}: more than ${MAX_TAGS}`);
        }
        yield tag;
      }
    }
  }

  async *referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    const via = options.via ?? this.#options.referrers ?? "auto";
    const { listReferrers } = await import("../registry/distribution/referrers.ts");
    yield* listReferrers(this.repository, this, subject, { ...options, via }, this.#options);
  }

  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    const manifest = isDocumentType(target.mediaType);
    const found = await this.repository.head(
      "push",
      `${manifest ? "manifests" : "blobs"}/${target.digest}`,
      {
        accept: manifest ? target.mediaType : undefined,
        attempt: { doing: `looking for ${target.digest}` },
        signal: options.signal,
      },
    );
    // Where it cannot be told it is sent: a registry takes twice what it has already.
    if (!(found instanceof Headers)) return false;
    const size = wholeNumberIn(found, "content-length");
    return size === undefined || size === target.size;
  }

  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted();
    const { beginUpload } = await import("../registry/blobs/upload.ts");
    return beginUpload(this.repository, this.#options, options);
  }

  async mount(target: Descriptor, from: Source, options: CallOptions = {}): Promise<boolean> {
    if (!(from instanceof RegistryStore) || from.address !== this.address) return false;
    if (from.repository.path === this.repository.path) return await this.has(target, options);
    const { transport } = this.repository;
    const query = new URLSearchParams({ mount: target.digest, from: from.repository.path });
    const response = await transport.request({
      method: "POST",
      to: this.repository.at(`blobs/uploads/?${query}`),
      scope: [...this.repository.scope("push"), ...from.repository.scope("pull")],
      signal: options.signal,
    });
    await drop(response);
    // 202 began an upload instead, which the registry forgets by itself; a refusal is no error either.
    return response.status === 201;
  }

  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    checkContent(descriptor, bytes);
    const answer = await this.#manifests.put(descriptor.digest, descriptor, bytes, { signal });
    const { publishReferrer } = await import("../registry/distribution/publish_referrer.ts");
    await publishReferrer(
      { repository: this.repository, manifests: this.#manifests, via: this.#options.referrers },
      descriptor,
      bytes,
      answer,
      { signal },
    );
  }

  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    checkSelector(tag);
    if (options.ifAbsent && await this.#isSet(tag, descriptor, options)) return;
    const { bytes } = await this.#manifests.get(descriptor.digest, { ...options, access: "push" });
    await this.#manifests.put(tag, descriptor, bytes, options);
  }

  /** Whether a tag that may not be moved points at a manifest already; one that points elsewhere is a conflict. */
  async #isSet(tag: string, descriptor: Descriptor, options: CallOptions): Promise<boolean> {
    const now = await this.#manifests.digestOfTag(tag, options);
    if (now === undefined) return false;
    if (now === descriptor.digest) return true;
    const { tagTaken } = await import("../artifact/tag_taken.ts");
    throw tagTaken(tag, now, this);
  }
}

/** What no registry is to be asked to store: other bytes than named, or a document that is none. */
function checkContent(descriptor: Descriptor, bytes: Uint8Array): void {
  const actual = digestOf(bytes);
  if (actual !== descriptor.digest || bytes.length !== descriptor.size) {
    throw new BlobberError(
      "integrity",
      `manifest ${descriptor.digest} of ${descriptor.size} bytes is really ${actual} ` +
        `of ${bytes.length}`,
    );
  }
  parseDocument(descriptor, bytes);
}

/** A tag or a digest, or the path of the request would be another one. */
function checkSelector(text: string): void {
  if (isDigest(text) || isTag(text)) return;
  throw new BlobberError(
    "invalid-reference",
    `${quote(text)} is neither a tag nor a digest`,
  );
}
