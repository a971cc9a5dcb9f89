/**
 * A rule, the store that it is tried on, and what rules do with a store.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { digestOf } from "../digest.ts";
import type { ByteRange, Store } from "../store.ts";
import { type Annotations, type Descriptor, MEDIA_TYPE } from "../types.ts";
import { done, StoreTestError } from "./assertions.ts";

/** Of the blobs that rules write. */
const BLOB_TYPE = "application/vnd.example.blob";

/** A rule that a store has to keep. */
export interface Rule {
  /** The rule, as a sentence. */
  name: string;
  /** Rejects with a {@linkcode StoreTestError} when it is broken. */
  check(trial: Trial): Promise<void>;
}

/** What a store is expected to be able to do. */
export interface Abilities {
  ranges: boolean;
  fallbackTag: boolean;
}

/** A manifest that refers to another. */
export interface Referring {
  subject?: Descriptor;
  artifactType?: string;
  annotations?: Annotations;
}

/** An empty store. */
export class Trial {
  readonly store: Store;
  readonly can: Abilities;

  /**
   * @param store empty
   * @param can what it is expected to be able to do
   */
  constructor(store: Store, can: Abilities) {
    this.store = store;
    this.can = can;
  }

  /** Writes a blob, and says what names it. */
  async blob(content: string | Uint8Array, mediaType = BLOB_TYPE): Promise<Descriptor> {
    const bytes = bytesOf(content);
    const descriptor = blobOf(bytes, mediaType);
    await done(`writing a blob of ${bytes.length} bytes`, async () => {
      const writer = await this.store.begin(mediaType);
      await writer.write(bytes);
      await writer.commit(descriptor);
    });
    return descriptor;
  }

  /** Writes a manifest with one layer, and what it lists. */
  async manifest(content: string, referring: Referring = {}): Promise<Descriptor> {
    const { subject, ...rest } = referring;
    const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      config: await this.blob("{}", MEDIA_TYPE.empty),
      layers: [await this.blob(content)],
      ...rest,
      ...(subject && { subject }),
    });
    await this.put(descriptor, bytes);
    return descriptor;
  }

  /** Puts a document. */
  async put(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    await done("put of a manifest", () => this.store.put(descriptor, bytes));
  }

  /** Points a tag at a manifest. */
  async tag(tag: string, descriptor: Descriptor): Promise<void> {
    await done(`tag "${tag}"`, () => this.store.tag(tag, descriptor));
  }

  /** All tags, in order. */
  async tags(): Promise<string[]> {
    return (await done("tags", () => all(this.store.tags()))).sort();
  }

  /** What a tag points at. */
  async digestAt(tag: string): Promise<string> {
    return (await done(`resolve of the tag "${tag}"`, () => this.store.resolve(tag))).digest;
  }

  /** Whether content is there. */
  async has(descriptor: Descriptor): Promise<boolean> {
    return await done("has", () => this.store.has(descriptor));
  }

  /** Reads content, or a range of it. */
  async bytes(descriptor: Descriptor, range?: ByteRange): Promise<Uint8Array> {
    const what = range === undefined
      ? "fetch"
      : `fetch of the bytes from ${range.start} to before ${range.end}`;
    return await done(what, async () => {
      const stream = await this.store.fetch(descriptor, range === undefined ? {} : { range });
      return await collect(stream, descriptor.size);
    });
  }

  /** As {@linkcode bytes}, as text. */
  async read(descriptor: Descriptor, range?: ByteRange): Promise<string> {
    return new TextDecoder().decode(await this.bytes(descriptor, range));
  }
}

/** What names the bytes of a blob. */
export function blobOf(content: string | Uint8Array, mediaType: string = BLOB_TYPE): Descriptor {
  const bytes = bytesOf(content);
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** The bytes of a JSON document, after what names them. */
export function documentOf(mediaType: string, value: unknown): [Descriptor, Uint8Array] {
  const bytes = bytesOf(JSON.stringify(value));
  return [{ mediaType, digest: digestOf(bytes), size: bytes.length }, bytes];
}

/** Text as bytes. */
export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** All that an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** All of a stream, which has to end: a little more than what is expected is read, and no more. */
async function collect(stream: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  if (!(stream instanceof ReadableStream)) {
    throw new StoreTestError(`what fetch gives is ${typeof stream}, expected a ReadableStream`);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    if (!(part instanceof Uint8Array)) {
      throw new StoreTestError(`a stream gives ${typeof part}, expected Uint8Array`);
    }
    parts.push(part.slice());
    length += part.length;
    if (length > size) {
      throw new StoreTestError(`a stream gives more than all ${size} bytes of the content`);
    }
  }
  return concat(...parts);
}
