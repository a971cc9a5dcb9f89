/**
 * Reads an image from afar: lists what is in it and opens single files without downloading the rest.
 *
 * @module
 */

import type { Entry } from "../archive/entry.ts";
import type { Content, Contents, ContentsOptions, ContentSource } from "../archive/read/content.ts";
import { readContents } from "../archive/read/contents.ts";
import {
  allOf,
  checkRange,
  openContent,
  rangeIn,
  smallRangeIn,
} from "../archive/read/file_content.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { Verdict } from "../signing.ts";
import type { FileOptions, FileReadOptions } from "../options.ts";
import type { ByteRange, CallOptions, Source } from "../store.ts";
import { type TiedSignal, tieSignal } from "../system/tied_signal.ts";
import type { Descriptor, Document, Manifest } from "../types.ts";
import { VerbCall } from "../verb_call.ts";
import type { OpenedFile } from "./image/files.ts";
import { Finder } from "./image/finder.ts";
import type { Found } from "./image/glob.ts";
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

/**
 * An opened image. All of its methods may be called concurrently.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 *
 * const [client, at] = [new Client(), { store: new MemoryStore(), reference: "v1" }];
 * await client.push({ directory: "examples/site" }, at);
 * const image = await client.openImage(at);
 * const { size } = await image.stat("robots.txt");
 * const end = await image.read("robots.txt", { start: size - 10 });
 * if (new TextDecoder().decode(end) !== "Disallow:\n") throw new Error("wrong end");
 * const paths: string[] = [];
 * for await (const { path } of image.walk("css")) paths.push(path);
 * if (paths.at(-1) !== "css/main.css") throw new Error(paths.join());
 * await image.close();
 * await client.close();
 * ```
 */
export class Image implements AsyncDisposable {
  /** What names the manifest. */
  readonly descriptor: Descriptor;
  /** The manifest. */
  readonly manifest: Manifest;
  /** Who signed it, where that was asked for. */
  readonly verdict: Verdict | undefined;
  readonly #source: Source;
  readonly #contents: Contents;
  readonly #finder: Finder;
  readonly #closing = new AbortController();
  readonly #stop: TiedSignal;
  readonly #observer: Observer;
  readonly #onCall: ImageOptions["onCall"];

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
    const { later = options, maxFileBytes } = options;
    this.#finder = new Finder(contents.listing, { digest: this.digest, maxFileBytes });
    // A file that is downloaded after the opening is a phase of its own.
    const steady = withSteadyProgress(later);
    steady.end();
    this.#observer = steady.options;
    this.#onCall = options.onCall;
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
    return await this.#run({}, (call) => this.#finder.stat(path, options?.follow ?? false, call));
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
      const content = await this.#finder.file(path, call);
      return await this.#open(this.#source, content, { range: rangeIn(content, options), call });
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
      const content = await this.#finder.file(path, call);
      const range = smallRangeIn(content, path, options);
      return await allOf(await this.#open(this.#source, content, { range, call }), range);
    });
  }

  /**
   * The entries at and below a path, parents first.
   *
   * @param prefix a file or directory; everything when left out
   * @throws {BlobberError} `not-found`
   */
  async *walk(prefix = ""): AsyncGenerator<Entry> {
    const wanted = this.#finder.directory(prefix);
    if (wanted === undefined) {
      yield await this.stat(prefix);
      return;
    }
    const { listing } = this.#contents;
    yield* this.#each({}, async function* ({ signal }) {
      for await (const some of listing.entries({ signal, below: wanted })) yield* some;
    });
  }

  /**
   * The entries that paths and globs stand for, sorted by path, each once. A path that names an entry is that
   * entry. In others `*`, `?` and `[…]` stay within a name, `**` is any number of directories, and a backslash
   * quotes, as in a shell; a name that begins with a dot is one like others. A path that ends in a slash is
   * about directories alone.
   *
   * Links before the first wildcard are followed, wildcards go through none. A directory stands for itself;
   * `dir/**` is all that is below it.
   *
   * @param patterns one or several, from the root of the image
   * @throws {BlobberError} `not-found` when one of them matches nothing, with a hint at what is near
   */
  async *glob(
    patterns: string | readonly string[],
    options: CallOptions = {},
  ): AsyncGenerator<Entry> {
    const finder = this.#finder;
    yield* this.#each(options, async function* (call) {
      const { globIn } = await import("./image/glob.ts");
      yield* await globIn(finder, patterns, options, call);
    });
  }

  /**
   * What one path or glob stands for, as {@linkcode Image.glob} takes it, and whether it names one entry.
   *
   * @throws {BlobberError} `not-found`, as {@linkcode Image.glob}
   */
  async find(path: string, options: CallOptions = {}): Promise<Found> {
    return await this.#run(options, async (call) => {
      const { findIn } = await import("./image/glob.ts");
      return await findIn(this.#finder, path, options, call);
    });
  }

  /**
   * Opens files one after the other, in the order of the paths. All of them are found before the first is opened,
   * and those that stand near each other in a layer are fetched together. Read each stream before you ask for
   * the next file.
   *
   * @param paths one or several, or globs as {@linkcode Image.glob} takes them, which stand for files and links to
   * files
   * @throws {BlobberError} as {@linkcode Image.open}; `usage` for a glob that matches directories alone
   */
  async *files(
    paths: string | readonly string[],
    options: CallOptions = {},
  ): AsyncGenerator<OpenedFile> {
    const [finder, source] = [this.#finder, this.#source];
    const open = (from: ContentSource, content: Content, call: OneCall) =>
      this.#open(from, content, { range: rangeIn(content, {}), call });
    yield* this.#each(options, async function* (call) {
      const { findFiles, openFiles } = await import("./image/files.ts");
      const files = await findFiles(finder, paths, options, call);
      yield* openFiles(source, files, (from, { content }) => open(from, content, call));
    });
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

  /** One call that gives one thing after another. */
  async *#each<T>(
    options: CallOptions,
    work: (call: OneCall) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const call = new VerbCall(this.#stop.signal, options?.signal);
    const ended = this.#onCall?.(call);
    try {
      yield* call.each(() =>
        work({ ...call.observed(this.#observer), lasting: () => call.lasting() })
      );
    } finally {
      ended?.();
    }
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

  async #open(
    source: ContentSource,
    content: Content,
    { range, call }: { range: ByteRange; call: OneCall },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const signals = call.lasting();
    return await openContent(source, content, { range, signals, observer: call });
  }
}

function imageClosed(): BlobberError {
  return new BlobberError("closed", "the image is closed");
}
