/**
 * Reads an image from afar: lists what is in it and opens single files without downloading the rest.
 *
 * @module
 */

import { type Entry, specialName } from "../archive/entry.ts";
import { raiseLimit } from "../archive/budget.ts";
import type { Content, Contents, ContentsOptions } from "../archive/read/content.ts";
import { readContents } from "../archive/read/contents.ts";
import {
  allOf,
  checkRange,
  openContent,
  rangeIn,
  sizeOf,
  smallRangeIn,
} from "../archive/read/file_content.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import { counted, quote } from "../text/printable.ts";
import type { Verdict } from "../signing.ts";
import type { FileOptions, FileReadOptions } from "../options.ts";
import type { ByteRange, CallOptions, Source } from "../store.ts";
import { type TiedSignal, tieSignal } from "../system/tied_signal.ts";
import type { Descriptor, Document, Manifest } from "../types.ts";
import { VerbCall } from "../verb_call.ts";
import { fileMissing, followIn, normal } from "./image_paths.ts";
import { withSteadyProgress } from "./steady_progress.ts";

/**
 * Opens an image: reads the tables of its layers.
 *
 * @param source where it is
 * @param manifest its manifest, already checked
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `range-not-supported`
 */
export async function openImage(
  source: Source,
  manifest: Document<Manifest>,
  options: ImageOptions = {},
): Promise<Image> {
  const contents = await readContents(source, manifest, options);
  return new Image(source, manifest, contents, options);
}

/** Options of {@linkcode openImage}. */
export interface ImageOptions extends ContentsOptions {
  /** The most bytes of a file that is opened. @default no limit: it is handed out as it comes */
  maxFileBytes?: number | undefined;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
  /** Told of what is read later, and stops that. @default what is told of the opening */
  later?: Observer | undefined;
  /** Told of each call of the image; what it returns is called at the call's end. */
  onCall?: ((call: VerbCall) => () => void) | undefined;
}

/** What a call of an image is told by, and what stops it. */
interface OneCall extends Observer {
  /** What stops the stream that it gives out, which outlives it. */
  lasting(): readonly AbortSignal[];
}

/** An opened image. All of its methods may be called concurrently. */
export class Image implements AsyncDisposable {
  /** What names the manifest. */
  readonly descriptor: Descriptor;
  /** The manifest. */
  readonly manifest: Manifest;
  /** Who signed it, where that was asked for. */
  readonly verdict: Verdict | undefined;
  readonly #source: Source;
  readonly #contents: Contents;
  readonly #closing = new AbortController();
  readonly #stop: TiedSignal;
  readonly #observer: Observer;
  readonly #onCall: ImageOptions["onCall"];
  readonly #maxFileBytes: number;

  /** Use {@linkcode openImage}. */
  constructor(
    source: Source,
    manifest: Document<Manifest>,
    contents: Contents,
    options: ImageOptions,
  ) {
    this.descriptor = manifest.descriptor;
    this.manifest = manifest.value;
    this.verdict = options.verdict;
    this.#source = source;
    this.#contents = contents;
    const { later = options, maxFileBytes = Infinity } = options;
    // A file that is downloaded after the opening is a phase of its own.
    const steady = withSteadyProgress(later);
    steady.end();
    this.#observer = steady.options;
    this.#onCall = options.onCall;
    this.#maxFileBytes = maxFileBytes;
    this.#stop = tieSignal(this.#closing.signal, later.signal);
  }

  /** Digest of the manifest. */
  get digest(): Descriptor["digest"] {
    return this.descriptor.digest;
  }

  /** Everything in the image, all layers applied, sorted by path. */
  async entries(): Promise<Entry[]> {
    return await this.#run({}, async (call) => {
      const all: Entry[] = [];
      for await (const entries of this.#contents.listing.entries(call)) all.push(...entries);
      return all;
    });
  }

  /** The paths of all entries, sorted: what a list of names needs, in a fraction of the time. */
  async paths(): Promise<string[]> {
    return await this.#run({}, (call) => this.#contents.listing.paths(call));
  }

  /**
   * One entry. Links on the way to it are followed, a link at its end when it is asked for.
   *
   * @param options with `follow`, a symbolic link at the end gives what it leads to, and a hard link the file
   * that it is, with its size
   * @throws {BlobberError} `not-found`
   */
  async stat(path: string, options: { follow?: boolean } = {}): Promise<Entry> {
    return await this.#run({}, async (call) => {
      const { listing } = this.#contents;
      const wanted = options?.follow ? followIn(listing, path, normal(path)) : normal(path);
      const found = listing.get(wanted) ?? listing.get(followIn(listing, path, wanted));
      if (found !== undefined) return options?.follow ? asFile(found) : { ...found.entry };
      if (listing.isDirectory(wanted)) return implied(wanted);
      throw await this.#missing(path, wanted, call);
    });
  }

  /**
   * Opens a file, or a part of it. Links are followed within the image, as if its root were the root of all.
   *
   * Every byte of the stream has been checked before it is handed out. Of a layer with a table of contents
   * only the chunks that hold the part are fetched. Of a layer without one, the whole was downloaded when the
   * image was opened. A layer that is itself a file has one digest over all of it, so it is downloaded whole at
   * first, and kept for the next calls until the image is closed.
   *
   * @param path where it is in the image
   * @param options which of its bytes; `signal` stops this stream alone
   * @throws {BlobberError} `not-found`, `integrity`, `limit`, `invalid-option`, and `usage` for a directory, a
   * device or a pipe
   */
  async open(
    path: string,
    options: FileOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return await this.#run(options, async (call) => {
      checkRange(options);
      const content = await this.#file(path, call);
      return await this.#open(content, rangeIn(content, options), call);
    }, (stream) => stream.cancel());
  }

  /**
   * Reads a file, or a part of it, into memory. As {@linkcode Image.open}.
   *
   * @throws {BlobberError} as {@linkcode Image.open}; `limit` for more than `maxBytes`
   */
  async read(path: string, options: FileReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#run(options, async (call) => {
      checkRange(options);
      const content = await this.#file(path, call);
      const range = smallRangeIn(content, path, options);
      return await allOf(await this.#open(content, range, call), range);
    });
  }

  /**
   * The entries at and below a path, parents first.
   *
   * @param prefix a file or directory; everything when left out
   * @throws {BlobberError} `not-found`
   */
  async *walk(prefix = ""): AsyncGenerator<Entry> {
    const wanted = normal(prefix);
    if (wanted !== "" && !this.#contents.listing.isDirectory(wanted)) {
      yield await this.stat(prefix);
      return;
    }
    const call = new VerbCall(this.#stop.signal);
    const ended = this.#onCall?.(call);
    try {
      yield* call.each(() => this.#below(wanted, call.signal));
    } finally {
      ended?.();
    }
  }

  async *#below(below: string, signal: AbortSignal): AsyncGenerator<Entry> {
    for await (const entries of this.#contents.listing.entries({ signal, below })) yield* entries;
  }

  /** Releases what the image holds. Streams that are still open fail. */
  // deno-lint-ignore require-await -- may come to wait
  async close(): Promise<void> {
    this.#closing.abort(imageClosed());
    this.#contents.close();
  }

  /** As {@linkcode Image.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** One call. A signal of its own stops it alone. */
  async #run<T>(
    options: CallOptions,
    work: (call: OneCall) => Promise<T>,
    release?: (result: T) => Promise<void>,
  ): Promise<T> {
    const call = new VerbCall(this.#stop.signal, options?.signal);
    const ended = this.#onCall?.(call);
    try {
      return await call.run(
        () => work({ ...call.observed(this.#observer), lasting: () => call.lasting() }),
        release,
      );
    } finally {
      ended?.();
    }
  }

  /** The content of the file at a path. */
  async #file(path: string, call: CallOptions): Promise<Content> {
    const { listing } = this.#contents;
    const at = followIn(listing, path, normal(path));
    const node = listing.get(at);
    if (node === undefined ? listing.isDirectory(at) : node.entry.type === "directory") {
      throw new BlobberError("usage", `${quote(path)} is a directory, expected a file`, {
        hint: "list it to see what is in it",
      });
    }
    if (node === undefined) throw await this.#missing(path, at, call);
    const special = specialName(node.entry.type);
    if (special !== undefined) {
      throw new BlobberError("usage", `${quote(path)} is ${special}, expected a file`);
    }
    const size = sizeOf(node.content);
    if (size > this.#maxFileBytes) {
      throw new BlobberError(
        "limit",
        `${quote(path)} has ${counted(size, "byte")}, expected at most ${this.#maxFileBytes}`,
        { hint: raiseLimit("maxFileBytes") },
      );
    }
    return node.content;
  }

  async #open(
    content: Content,
    range: ByteRange,
    call: OneCall,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const signals = call.lasting();
    return await openContent(this.#source, content, { range, signals, observer: call });
  }

  async #missing(path: string, at: string, call: CallOptions): Promise<BlobberError> {
    return fileMissing(path, at, {
      digest: this.digest,
      paths: await this.#contents.listing.paths(call),
    });
  }
}

/** An entry, where a hard link is taken for the file that it names. */
function asFile({ entry, content }: { entry: Entry; content: Content }): Entry {
  const { path, type, mode, mtime } = entry;
  if (type !== "hardlink") return { ...entry };
  return { path, type: "file", size: sizeOf(content), mode, mtime };
}

function implied(path: string): Entry {
  return { path, type: "directory", size: 0, mode: 0o755, mtime: 0 };
}

function imageClosed(): BlobberError {
  return new BlobberError("closed", "the image is closed");
}
