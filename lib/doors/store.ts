/**
 * The door for stores that others wrote: every answer is looked at before it is used. What a store says of
 * content remains a claim; here it is seen to that it is a claim about content, and not something else.
 *
 * @module
 */

import { disregard, eachTheirs, letGo, theirs, theirsUntil } from "../caller_errors.ts";
import { DIGEST_GRAMMAR, isDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";
import { isTag, TAG_GRAMMAR } from "../reference.ts";
import type {
  BlobWriter,
  ByteRange,
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
import type { Descriptor, Platform } from "../types.ts";
import { isOwn, noteOwn } from "./own_stores.ts";
import {
  bytes,
  callable,
  type Check,
  count,
  type Fault,
  fault,
  flag,
  inWords,
  listOf,
  lockedFault,
  mapOf,
  objectWith,
  optional,
  type Shape,
  text,
  that,
  words,
} from "./shape.ts";

const SOURCE: Shape<Omit<Source, "notedNames" | "noteNames">> = {
  name: words,
  resolve: callable,
  fetch: callable,
  tags: callable,
  referrers: callable,
  held: optional(callable),
  forget: optional(callable),
  named: optional(callable),
  manifests: optional(callable),
};
const sourceCheck = objectWith(SOURCE, "a store");

const PLATFORM: Shape<Platform> = {
  os: words,
  architecture: words,
  variant: optional(text),
  "os.version": optional(text),
};
const DESCRIPTOR: Shape<Descriptor> = {
  mediaType: words,
  digest: that(isDigest, DIGEST_GRAMMAR),
  size: count,
  annotations: optional(mapOf(text, "an object of strings")),
  artifactType: optional(text),
  platform: optional(objectWith(PLATFORM, "a platform")),
  urls: optional(listOf(text, "a list of URLs")),
};
/** A descriptor. */
export const descriptorCheck: Check = objectWith(DESCRIPTOR, "a descriptor");

const NAMED: Shape<Pick<Descriptor, "mediaType" | "digest">> = {
  mediaType: words,
  digest: DESCRIPTOR.digest,
};
const namedCheck = optional(objectWith(NAMED, "a media type and a digest"));
const FREED: Shape<Freed> = { blobs: count, bytes: count, kept: optional(text) };
const freedCheck = objectWith(FREED, "numbers of blobs and bytes");

const WRITER: Shape<Omit<BlobWriter, typeof Symbol.asyncDispose>> = {
  write: callable,
  commit: callable,
  abort: callable,
};
const writerCheck = objectWith(WRITER, "a writer with write, commit and abort");

const streamCheck: Check = (value) => {
  if (!(value instanceof ReadableStream)) return fault(value, "a ReadableStream of Uint8Array");
  return value.locked ? lockedFault() : undefined;
};
const optionalBytes = optional(bytes);
const tagCheck: Check = that(
  (value) => typeof value === "string" && isTag(value),
  `a tag of ${TAG_GRAMMAR}`,
);

const BEHIND = new WeakMap<Source, CheckedStore>();

/**
 * Puts the door in front of a store.
 *
 * @param store another's; the library's own is returned as it is
 * @returns the same each time for one store
 * @throws {BlobberError} `invalid-option` for what is no store
 */
export function checkedStore<S extends Source>(store: S): S {
  const wrong = sourceCheck(store);
  if (wrong !== undefined) {
    const { path, found, expected } = wrong;
    throw new BlobberError(
      "invalid-option",
      path === ""
        ? `invalid store: ${found}, expected an object with resolve, fetch, tags and referrers`
        : `invalid store: its ${path.slice(1)} is ${found}, expected ${expected}`,
    );
  }
  if (isOwn(store)) return store;
  let checked = BEHIND.get(store);
  if (checked === undefined) {
    checked = new CheckedStore(store);
    noteOwn(checked);
    BEHIND.set(store, checked);
  }
  return checked as Source as S; // what a source does not have, it refuses when it is called
}

/** A store whose answers are looked at. Names that a store noted are not: there is nothing to check them with. */
class CheckedStore implements Store {
  readonly name: string;
  readonly #store: Source & Partial<Store>;

  /** What a store need not have, and what is asked for before it is called. */
  readonly named?: NonNullable<Source["named"]>;
  readonly manifests?: NonNullable<Source["manifests"]>;
  readonly untag?: NonNullable<Store["untag"]>;
  readonly remove?: NonNullable<Store["remove"]>;

  constructor(store: Source & Partial<Store>) {
    this.#store = store;
    this.name = store.name;
    if (store.named !== undefined) this.named = this.#named;
    if (store.manifests !== undefined) this.manifests = this.#manifests;
    if (store.untag !== undefined) this.untag = this.#untag;
    if (store.remove !== undefined) this.remove = this.#remove;
  }

  async resolve(tagOrDigest: string, options?: CallOptions): Promise<Descriptor> {
    const answer = this.#descriptor(
      "resolve",
      await this.#ask(options, () => this.#store.resolve(tagOrDigest, options)),
    );
    if (isDigest(tagOrDigest) && answer.digest !== tagOrDigest) {
      throw new BlobberError(
        "integrity",
        `${this.name} has ${answer.digest}, expected ${tagOrDigest}`,
      );
    }
    return answer;
  }

  async fetch(target: Descriptor, options?: FetchOptions): Promise<ReadableStream<Uint8Array>> {
    const stream = await this.#ask(
      options,
      () => this.#store.fetch(target, options),
      (late) => late.cancel(),
    );
    const wrong = streamCheck(stream);
    if (wrong !== undefined) throw this.#fault("fetch", wrong, hintFor(stream));
    const fault = (wrong: Fault) => this.#fault("the stream of fetch", wrong);
    return checkedStream(stream, { fault, signal: options?.signal });
  }

  held(target: Descriptor): Uint8Array<ArrayBuffer> | undefined {
    const answer = theirs(() => this.#store.held?.(target));
    this.#look("held", answer, optionalBytes);
    return answer;
  }

  forget(target: Descriptor, range: ByteRange): boolean {
    const answer = theirs(() => this.#store.forget?.(target, range)) ?? false;
    this.#look("forget", answer, flag);
    return answer;
  }

  async *tags(options?: CallOptions): AsyncIterable<string> {
    const list = theirs(() => this.#store.tags(options));
    for await (const tag of this.#list("tags", list, options)) {
      this.#look("tags", tag, tagCheck);
      yield tag;
    }
  }

  async *referrers(subject: Descriptor, options?: ReferrerOptions): AsyncIterable<Descriptor> {
    const list = theirs(() => this.#store.referrers(subject, options));
    for await (const one of this.#list("referrers", list, options)) {
      yield this.#descriptor("referrers", one);
    }
  }

  async has(target: Descriptor, options?: CallOptions): Promise<boolean> {
    const has = this.#own("has");
    const answer = await this.#ask(options, () => has.call(this.#store, target, options));
    this.#look("has", answer, flag);
    return answer;
  }

  async begin(mediaType: string, options?: CallOptions): Promise<BlobWriter> {
    const begin = this.#own("begin");
    const writer = await this.#ask(
      options,
      () => begin.call(this.#store, mediaType, options),
      (late) => late.abort(),
    );
    this.#look("begin", writer, writerCheck);
    return {
      write: (bytes) => this.#ask(options, () => writer.write(bytes)),
      commit: (descriptor) => this.#ask(options, () => writer.commit(descriptor)),
      abort: () => letGo(options?.signal, theirs(() => writer.abort())),
    };
  }

  async mount(target: Descriptor, from: Source, options?: CallOptions): Promise<boolean> {
    if (this.#store.mount === undefined) return false;
    const behind = from instanceof CheckedStore ? from.#store : from; // it may know its own kind
    const mount = this.#own("mount");
    const answer = await this.#ask(
      options,
      () => mount.call(this.#store, target, behind, options),
    );
    this.#look("mount", answer, flag);
    return answer;
  }

  async put(descriptor: Descriptor, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    const put = this.#own("put");
    await this.#ask(options, () => put.call(this.#store, descriptor, bytes, options));
  }

  async tag(tag: string, descriptor: Descriptor, options?: SetTagOptions): Promise<void> {
    const set = this.#own("tag");
    await this.#ask(options, () => set.call(this.#store, tag, descriptor, options));
  }

  async #named(tag: string, options?: CallOptions): ReturnType<NonNullable<Source["named"]>> {
    const named = this.#own("named");
    const answer = await this.#ask(options, () => named.call(this.#store, tag, options));
    this.#look("named", answer, namedCheck);
    return answer && { mediaType: answer.mediaType, digest: answer.digest };
  }

  async *#manifests(options?: CallOptions): AsyncIterable<Descriptor> {
    const list = theirs(() => this.#own("manifests").call(this.#store, options));
    for await (const one of this.#list("manifests", list, options)) {
      yield this.#descriptor("manifests", one);
    }
  }

  async #untag(tag: string, options?: UntagOptions): Promise<boolean> {
    const untag = this.#own("untag");
    const answer = await this.#ask(options, () => untag.call(this.#store, tag, options));
    this.#look("untag", answer, flag);
    return answer;
  }

  async #remove(target: Descriptor, options?: RemoveManifestOptions): Promise<Freed> {
    const remove = this.#own("remove");
    const answer = await this.#ask(options, () => remove.call(this.#store, target, options));
    this.#look("remove", answer, freedCheck);
    const { blobs, bytes, kept } = answer;
    return { blobs, bytes, ...(kept !== undefined && { kept }) };
  }

  async close(): Promise<void> {
    if (this.#store.close !== undefined) await this.#own("close").call(this.#store);
  }

  /** Waits for an answer, until the caller's signal fires. */
  #ask<T>(
    options: CallOptions | undefined,
    call: () => Promise<T>,
    late?: (value: T) => unknown,
  ): Promise<T> {
    return theirsUntil(options?.signal, call, late);
  }

  /** A method that only a store has which takes content. */
  #own<K extends Exclude<keyof Store, "name">>(method: K): NonNullable<Store[K]> {
    const found = this.#store[method];
    if (typeof found === "function") return found as NonNullable<Store[K]>;
    throw new BlobberError(
      "invalid-option",
      `invalid store: ${method} of ${this.name} is ${inWords(found)}, expected a function`,
    );
  }

  #list<T>(
    method: string,
    answer: AsyncIterable<T>,
    options: CallOptions | undefined,
  ): AsyncIterable<T> {
    const list: unknown = answer;
    const isList = typeof list === "object" && list !== null &&
      (Symbol.asyncIterator in list || Symbol.iterator in list);
    if (isList) return eachTheirs(answer, options?.signal);
    disregard(list);
    throw this.#fault(method, {
      path: "",
      found: inWords(list),
      expected: "an asynchronous iterable",
    });
  }

  #descriptor(method: string, answer: Descriptor): Descriptor {
    this.#look(method, answer, descriptorCheck);
    const { mediaType, digest, size, annotations, artifactType, platform, urls } = answer;
    return {
      mediaType,
      digest,
      size,
      ...annotations !== undefined && { annotations: { ...annotations } },
      ...artifactType !== undefined && { artifactType },
      ...platform !== undefined && { platform: { ...platform } },
      ...urls !== undefined && { urls: [...urls] },
    };
  }

  #look(method: string, answer: unknown, check: Check): void {
    const wrong = check(answer);
    if (wrong === undefined) return;
    disregard(answer);
    throw this.#fault(method, wrong);
  }

  #fault(method: string, { path, found, expected }: Fault, hint?: string): BlobberError {
    const what = path === "" ? found : `${path.slice(1)} ${found}`;
    return new BlobberError(
      "invalid-option",
      `the store ${quote(this.name)}: ${method} gave ${what}, expected ${expected}`,
      { hint },
    );
  }
}

/** How what people return in place of a stream becomes one. */
function hintFor(answer: unknown): string | undefined {
  if (answer instanceof Response) return "return its body";
  if (answer instanceof Uint8Array || answer instanceof ArrayBuffer) {
    return "new Blob([bytes]).stream() makes a stream of bytes";
  }
  if (typeof answer !== "object" || answer === null) return undefined;
  if ("pipe" in answer) return "Readable.toWeb(stream) makes one of a stream of Node's";
  return Symbol.asyncIterator in answer
    ? "ReadableStream.from(it) makes a stream of it"
    : undefined;
}

/**
 * The bytes of a stream, each piece looked at and copied: its owner may use the memory again, and nobody else's
 * must change what was checked.
 */
function checkedStream(
  stream: ReadableStream<Uint8Array>,
  { fault, signal }: { fault(wrong: Fault): BlobberError; signal: AbortSignal | undefined },
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    type: "bytes",
    pull: async (controller) => {
      for (;;) {
        const { value, done } = await theirsUntil(signal, () => reader.read());
        if (done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const wrong = bytes(value);
        if (wrong !== undefined) {
          const error = fault(wrong);
          await letGo(signal, reader.cancel(error).catch(() => {}));
          throw error;
        }
        if (value.length === 0) continue;
        controller.enqueue(new Uint8Array(value));
        return;
      }
    },
    cancel: (reason) => letGo(signal, reader.cancel(reason)),
  }, { highWaterMark: 0 });
}
