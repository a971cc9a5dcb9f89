/**
 * Manifests and indexes on their way into another store: each after everything below it, and those that do not
 * need each other side by side.
 *
 * The documents are walked in order, and each manifest is begun as soon as there is room for its bytes: a manifest
 * holds that room until the target has it, which depends on nothing that is still to be walked. So the walk
 * goes on, and what is held does not grow with the number of documents.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import {
  COPY_ASKS,
  MAX_COPY_AHEAD_BYTES,
  MAX_DOCUMENTS_AT_ONCE,
  MAX_INDEX_DEPTH,
} from "../../limits.ts";
import { contentsOf } from "../../artifact/contents.ts";
import { isDocumentType, isIndex, isIndexType, readDocument } from "../../artifact/manifest.ts";
import type { CallOptions, Source, Target } from "../../store.ts";
import { Gate } from "../../system/work/gate.ts";
import type { JointWork } from "../../system/work/joint_work.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import type { BlobCarrier } from "./bring_blobs.ts";

/** Any of them. */
export type AnyDocument = Document<Manifest | Index>;

/** A document that was begun. */
export interface Begun {
  /** Settles when the target has it, or it turned out that it stays behind. */
  there: Promise<void>;
}

/** What is begun with one. */
export interface DocumentCarrierOptions {
  work: JointWork;
  blobs: BlobCarrier;
  /** Told of blobs that will be brought, which may have been told before. */
  expect(blobs: readonly Descriptor[]): void;
  /** Digests of documents that the target has, each with all that is below it and refers to it. */
  there: ReadonlySet<string>;
}

/** Gives a document that is known by its descriptor; nothing for one that stays behind. */
export type Read = (descriptor: Descriptor) => Promise<AnyDocument | undefined>;

/** The room that a document takes: so much at the least that not too many are under way. */
function roomOf({ size }: Descriptor): number {
  return Math.max(size, MAX_COPY_AHEAD_BYTES / MAX_DOCUMENTS_AT_ONCE);
}

/** Carries documents. */
export class DocumentCarrier {
  /** Every document of this copy, by digest, in the order in which they were begun. */
  readonly begun = new Map<string, Descriptor & Begun>();
  readonly #source: Source;
  readonly #target: Target;
  readonly #options: DocumentCarrierOptions;
  readonly #call: CallOptions;
  readonly #held = new Gate(MAX_COPY_AHEAD_BYTES);
  readonly #reads = new Gate(COPY_ASKS);
  /** One index at a time is walked: so no more of them are held than there are levels. */
  readonly #walks = new Gate(1);

  /** @param way from where to where */
  constructor(way: { source: Source; target: Target }, options: DocumentCarrierOptions) {
    this.#source = way.source;
    this.#target = way.target;
    this.#options = options;
    this.#call = { signal: options.work.signal };
  }

  /** Carries what was read already, and returns when it is there. */
  async carry(document: AnyDocument): Promise<void> {
    await this.begin(document.descriptor, () => Promise.resolve(document));
    await this.there();
  }

  /** Waits until all that was begun is there. */
  async there(): Promise<void> {
    await Promise.all([...this.begun.values()].map(({ there }) => there));
  }

  /**
   * Begins a document, which is read when it is its turn. Returns when there was room to begin it.
   *
   * @param descriptor what it is
   * @param read gives it
   */
  async begin(
    descriptor: Descriptor,
    read: Read = (one) => readDocument(this.#source, one, this.#call),
  ): Promise<void> {
    const walk = () => this.#begin(descriptor, read, 0);
    if (isIndexType(descriptor.mediaType)) await this.#walks.through(walk, this.#call);
    else await walk();
  }

  async #begin(descriptor: Descriptor, read: Read, depth: number): Promise<Begun> {
    const before = () =>
      this.#options.there.has(descriptor.digest)
        ? { there: Promise.resolve() }
        : this.begun.get(descriptor.digest);
    const early = before();
    if (early !== undefined) return early;
    if (isIndexType(descriptor.mediaType)) {
      const document = await this.#reads.through(() => read(descriptor), this.#call);
      return before() ?? await this.#index(descriptor, document, depth);
    }
    const leave = await this.#held.enter({ weight: roomOf(descriptor), ...this.#call });
    const late = before();
    if (late !== undefined) {
      leave();
      return late;
    }
    return this.#note(descriptor, async () => {
      try {
        const document = await this.#reads.through(() => read(descriptor), this.#call);
        if (document !== undefined) await this.#manifest(document);
        else this.begun.delete(descriptor.digest);
      } finally {
        leave();
      }
    });
  }

  #note(descriptor: Descriptor, carry: () => Promise<void>): Begun {
    const { mediaType, digest, size } = descriptor;
    const begun = { mediaType, digest, size, there: this.#options.work.start(carry) } as const;
    this.begun.set(digest, begun);
    return begun;
  }

  async #manifest(document: AnyDocument): Promise<void> {
    const blobs = contentsOf(document.value);
    this.#options.expect(blobs);
    await Promise.all(blobs.map((blob) => this.#options.blobs.bring(blob)));
    await this.#put(document);
  }

  /** Begins what is below an index, in order. */
  async #index(
    descriptor: Descriptor,
    document: AnyDocument | undefined,
    depth: number,
  ): Promise<Begun> {
    if (document === undefined || !isIndex(document)) return { there: Promise.resolve() };
    if (depth >= MAX_INDEX_DEPTH) {
      throw new BlobberError(
        "limit",
        `index ${descriptor.digest} of ${this.#source.name} is nested too deeply, ` +
          `expected at most ${MAX_INDEX_DEPTH} levels`,
      );
    }
    const listed = document.value.manifests;
    const children = listed.filter(({ mediaType }) => isDocumentType(mediaType));
    const blobs = listed.filter(({ mediaType }) => !isDocumentType(mediaType));
    this.#options.expect(blobs);
    const ahead = await this.#readAhead(children);
    const below = blobs.map((blob) => this.#options.blobs.bring(blob));
    for (const child of children) {
      const read: Read = (one) => {
        const document = ahead.get(one.digest);
        ahead.delete(one.digest);
        return document === undefined
          ? readDocument(this.#source, one, this.#call)
          : Promise.resolve(document);
      };
      below.push((await this.#begin(child, read, depth + 1)).there);
    }
    // What is held from here on does not wait for the walk.
    const leave = await this.#held.enter({ weight: roomOf(descriptor), ...this.#call });
    return this.#note(descriptor, async () => {
      try {
        await Promise.all(below);
        await this.#put(document);
      } finally {
        leave();
      }
    });
  }

  async #put({ descriptor, bytes }: AnyDocument): Promise<void> {
    const { mediaType, digest, size } = descriptor;
    await this.#target.put({ mediaType, digest, size }, bytes, this.#call);
  }

  /** The manifests of an index, as far as they are small together: so it is known early how much there is. */
  async #readAhead(children: readonly Descriptor[]): Promise<Map<string, AnyDocument>> {
    const first: Descriptor[] = [];
    let bytes = 0;
    for (const child of new Map(children.map((one) => [one.digest, one])).values()) {
      if (this.begun.has(child.digest) || this.#options.there.has(child.digest)) continue;
      bytes += child.size;
      if (bytes > MAX_COPY_AHEAD_BYTES) break;
      first.push(child);
    }
    const read = new Map<string, AnyDocument>();
    const how = { lanes: COPY_ASKS, signal: this.#call.signal };
    await inLanes(first, how, async (child, signal) => {
      const document = await readDocument(this.#source, child, { signal });
      read.set(child.digest, document);
      if (!isIndex(document)) this.#options.expect(contentsOf(document.value));
    });
    return read;
  }
}
