/**
 * Reads an image from afar: lists what is in it and opens single files without downloading the rest.
 *
 * @module
 */

import { type Entry, specialName } from "../archive/entry.ts";
import { followLinks } from "../archive/links.ts";
import { checkLimits, raiseLimit } from "../archive/budget.ts";
import { nearestPath } from "../archive/tree/nearest_path.ts";
import type { Listed } from "../archive/tree/listing.ts";
import type { Content, Contents, ContentsOptions } from "../archive/read/content.ts";
import { readContents } from "../archive/read/contents.ts";
import type { Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import { counted, printable, quote } from "../printable.ts";
import type { Verdict } from "../signing.ts";
import type { Source } from "../store.ts";
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
  checkLimits(options);
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
  readonly #signal: AbortSignal;
  readonly #observer: Observer;
  readonly #maxFileBytes: number;
  #entries: Entry[] | undefined;

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
    this.#signal = signal === undefined
      ? this.#closing.signal
      : AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Digest of the manifest. */
  get digest(): Digest {
    return this.descriptor.digest;
  }

  /** Everything in the image, all layers applied, sorted by path. */
  async entries(): Promise<Entry[]> {
    this.#checkOpen();
    this.#entries ??= await this.#contents.listing.entries({ signal: this.#signal });
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /** The paths of all entries, sorted: what a list of names needs, in a fraction of the time. */
  async paths(): Promise<string[]> {
    this.#checkOpen();
    return await this.#contents.listing.paths({ signal: this.#signal });
  }

  /**
   * One entry. Links on the way to it are followed, a link at its end when it is asked for.
   *
   * @throws {BlobberError} `not-found`
   */
  async stat(path: string, options: { follow?: boolean } = {}): Promise<Entry> {
    this.#checkOpen();
    const { listing } = this.#contents;
    const wanted = options.follow ? this.#follow(path, normal(path)) : normal(path);
    const found = listing.get(wanted)?.entry ?? listing.get(this.#follow(path, wanted))?.entry;
    if (found !== undefined) return { ...found };
    if (listing.isDirectory(wanted)) return implied(wanted);
    throw await this.#missing(path, wanted);
  }

  /**
   * Opens a file. Links are followed within the image, as if its root were the root of all.
   *
   * Every byte of the stream has been checked before it is handed out.
   *
   * @throws {BlobberError} `not-found`, `integrity`, and `usage` for a directory, a device or a pipe
   */
  async open(path: string): Promise<ReadableStream<Uint8Array>> {
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
    if (node.entry.size > this.#maxFileBytes) {
      throw new BlobberError(
        "limit",
        `${quote(path)} has ${
          counted(node.entry.size, "byte")
        }, expected at most ${this.#maxFileBytes}`,
        { hint: raiseLimit("maxFileBytes") },
      );
    }
    return await this.#read(node);
  }

  /**
   * The entries at and below a path, parents first.
   *
   * @param prefix a file or directory; everything when left out
   * @throws {BlobberError} `not-found`
   */
  async *walk(prefix = ""): AsyncGenerator<Entry> {
    const wanted = normal(prefix);
    const entries = await this.entries();
    if (wanted !== "" && !this.#contents.listing.isDirectory(wanted)) {
      yield await this.stat(prefix);
      return;
    }
    const below = wanted === "" ? "" : `${wanted}/`;
    for (const entry of entries) {
      this.#checkOpen();
      if (entry.path === wanted || entry.path.startsWith(below)) yield entry;
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

  async #read(node: Listed<Content>): Promise<ReadableStream<Uint8Array>> {
    const { content } = node;
    if (content.kind === "spool") return content.spool.read(content.at);
    if (content.kind === "layer") {
      const { readWholeFile } = await import("../archive/read/whole_file.ts");
      return await readWholeFile(this.#source, content.layer, this.#signal, this.#observer);
    }
    const { readChunks } = await import("../archive/read/chunk_stream.ts"); // who lists needs none
    const chunks = readChunks(this.#source, content.layer, content, { signal: this.#signal });
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        this.#signal.throwIfAborted();
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return(undefined);
      },
    }, { highWaterMark: 0 });
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

function implied(path: string): Entry {
  return { path, type: "directory", size: 0, mode: 0o755, mtime: 0 };
}

function imageClosed(): BlobberError {
  return new BlobberError("closed", "the image is closed");
}
