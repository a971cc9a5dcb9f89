/**
 * Reads an image from afar: lists what is in it and opens single files without downloading the rest.
 *
 * @module
 */

import { type Entry, specialName } from "../archive/entry.ts";
import { followLinks } from "../archive/links.ts";
import { raiseLimit } from "../archive/budget.ts";
import { nearestPath } from "../archive/tree/nearest_path.ts";
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
import type { Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { counted, printable, quote } from "../printable.ts";
import type { Verdict } from "../signing.ts";
import type { FileOptions, FileReadOptions } from "../options.ts";
import type { ByteRange, CallOptions, Source } from "../store.ts";
import { type TiedSignal, tieSignal } from "../system/tied_signal.ts";
import type { Descriptor, Document, Manifest } from "../types.ts";

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
  readonly #observer: ContentsOptions;
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
    this.#observer = options;
    const { signal, maxFileBytes = Infinity } = options;
    this.#maxFileBytes = maxFileBytes;
    this.#stop = tieSignal(this.#closing.signal, signal);
  }

  /** Digest of the manifest. */
  get digest(): Digest {
    return this.descriptor.digest;
  }

  /** Everything in the image, all layers applied, sorted by path. */
  async entries(): Promise<Entry[]> {
    const all: Entry[] = [];
    for await (const entries of this.#some()) all.push(...entries);
    return all;
  }

  /** The paths of all entries, sorted: what a list of names needs, in a fraction of the time. */
  async paths(): Promise<string[]> {
    this.#checkOpen();
    return await this.#contents.listing.paths({ signal: this.#stop.signal });
  }

  /**
   * One entry. Links on the way to it are followed, a link at its end when it is asked for.
   *
   * @param options with `follow`, a symbolic link at the end gives what it leads to, and a hard link the file
   * that it is, with its size
   * @throws {BlobberError} `not-found`
   */
  async stat(path: string, options: { follow?: boolean } = {}): Promise<Entry> {
    this.#checkOpen();
    const { listing } = this.#contents;
    const wanted = options.follow ? this.#follow(path, normal(path)) : normal(path);
    const found = listing.get(wanted) ?? listing.get(this.#follow(path, wanted));
    if (found !== undefined) return options.follow ? asFile(found) : { ...found.entry };
    if (listing.isDirectory(wanted)) return implied(wanted);
    throw await this.#missing(path, wanted);
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
    checkRange(options);
    const content = await this.#file(path);
    return await this.#open(content, rangeIn(content, options), options);
  }

  /**
   * Reads a file, or a part of it, into memory. As {@linkcode Image.open}.
   *
   * @throws {BlobberError} as {@linkcode Image.open}; `limit` for more than `maxBytes`
   */
  async read(path: string, options: FileReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(options);
    const content = await this.#file(path);
    const range = smallRangeIn(content, path, options);
    return await allOf(await this.#open(content, range, options), range);
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
    for await (const entries of this.#some(wanted)) {
      for (const entry of entries) {
        this.#checkOpen();
        yield entry;
      }
    }
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

  async *#some(below?: string): AsyncGenerator<Entry[], void> {
    this.#checkOpen();
    yield* this.#contents.listing.entries({ signal: this.#stop.signal, below });
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw imageClosed();
  }

  #follow(path: string, wanted: string): string {
    const { listing } = this.#contents;
    const links = { get: (at: string) => listing.linkAt(at) };
    const found = followLinks(links, wanted, "root");
    if (found === "loop") {
      throw new BlobberError("not-found", `file not found: ${quote(path)}: its links form a loop`);
    }
    if (found === "outside" || found === "absolute") {
      throw new BlobberError(
        "not-found",
        `file not found: ${quote(path)}: it is outside the image`,
      );
    }
    return found.path;
  }

  /** The content of the file at a path. */
  async #file(path: string): Promise<Content> {
    this.#checkOpen();
    const { listing } = this.#contents;
    const at = this.#follow(path, normal(path));
    const node = listing.get(at);
    if (node === undefined ? listing.isDirectory(at) : node.entry.type === "directory") {
      throw new BlobberError("usage", `${quote(path)} is a directory, expected a file`, {
        hint: "list it to see what is in it",
      });
    }
    if (node === undefined) throw await this.#missing(path, at);
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
    options: CallOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const signals = [this.#stop.signal, options.signal];
    return await openContent(this.#source, content, { range, signals, observer: this.#observer });
  }

  async #missing(path: string, at: string): Promise<BlobberError> {
    const meant = nearestPath(at, await this.paths());
    return new BlobberError(
      "not-found",
      `file not found: ${quote(path)} is not in ${this.descriptor.digest}`,
      meant === undefined ? {} : { hint: `did you mean "${printable(meant)}"?` },
    );
  }
}

/** A path as people write it: with or without `/` or `./` before it. */
function normal(path: string): string {
  return path.split("/").filter((component) => component !== "" && component !== ".").join("/");
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
