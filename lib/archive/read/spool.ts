/**
 * A layer without a table, for reading single files: the whole of it is downloaded, checked against its
 * digest, and its tar kept in a private temporary file as long as that is in proportion to what was sent.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import { checkAborted } from "../../errors.ts";
import { FREE_SPOOL_BYTES, MAX_SPOOL_RATIO } from "../../limits.ts";
import { byteStream } from "../../system/streams.ts";
import type { ByteRange, Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import type { Budget } from "../budget.ts";
import { type LayerStreamOptions, readLayer } from "./layer_stream.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";
import type { TiedSignal } from "../../system/tied_signal.ts";
import type { KeptFiles } from "./kept_files.ts";

/** An entry, and where in the tar its content begins. */
export interface SpooledEntry {
  entry: Entry;
  dataStart: number;
  /** Where its content begins in what is kept of the tar, where it is kept. */
  keptAt?: number | undefined;
  /** Digest of its content, where that was asked for and there is any. */
  digest?: Digest;
}

/** How to make a spool. */
export interface SpoolOptions extends LayerStreamOptions {
  /** Counts the entries. */
  budget: Budget;
  /**
   * Whether content will be asked for; or tells of a path whether all of its content will be, which then is all
   * that is kept, whatever it takes.
   */
  keep: boolean | ((path: string) => boolean);
  /** Whether contents are hashed while they pass. */
  hash?: boolean | undefined;
  /** Where files are kept that are unpacked by themselves. */
  kept: KeptFiles;
}

/** What a layer without a table holds. */
export class Spool {
  entries: readonly SpooledEntry[] = [];
  readonly #source: Source;
  readonly #layer: Descriptor;
  /** Single files that were unpacked by themselves. */
  readonly #kept: KeptFiles;
  /** The tar, where it is kept. */
  #tar: TemporaryFile | undefined;

  private constructor(source: Source, layer: Descriptor, kept: KeptFiles) {
    this.#source = source;
    this.#layer = layer;
    this.#kept = kept;
  }

  /**
   * Downloads a layer. Unless it is known what will be asked for, it takes at most {@linkcode MAX_SPOOL_RATIO}
   * times its bytes on the disk, and {@linkcode FREE_SPOOL_BYTES}; nothing where no content is asked for.
   *
   * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `file-system`
   */
  static async make(source: Source, layer: Descriptor, options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(source, layer, options.kept);
    try {
      await spool.#read(options);
    } catch (error) {
      spool.close();
      throw error;
    }
    return spool;
  }

  async #read(options: SpoolOptions): Promise<void> {
    const entries: SpooledEntry[] = [];
    let hashed: { at: SpooledEntry; digester: Digester } | undefined;
    const { keep } = options;
    const file = keep === false ? undefined : new TemporaryFile();
    this.#tar = file;
    const keeps = typeof keep === "function" ? keep : undefined;
    let isKept = false;
    const handler = {
      entry(entry: Entry, dataStart: number) {
        options.budget.spend(entry.path, entry.size, entry.linkTarget);
        const at: SpooledEntry = { entry, dataStart };
        isKept = keeps?.(entry.path) ?? false;
        if (keeps === undefined) at.keptAt = dataStart;
        else if (isKept) at.keptAt = file!.size;
        entries.push(at);
        if (options.hash && entry.size > 0) hashed = { at, digester: new Digester() };
      },
      data(bytes: Uint8Array) {
        hashed?.digester.update(bytes);
        if (isKept) file!.write(bytes);
      },
      fileEnd() {
        if (hashed !== undefined) hashed.at.digest = hashed.digester.digest();
        hashed = undefined;
      },
    };
    let plain = 0;
    const onPlain = keeps ? undefined : (bytes: Uint8Array, read: number) => {
      plain += bytes.length;
      if (plain <= FREE_SPOOL_BYTES + MAX_SPOOL_RATIO * read) return this.#tar?.write(bytes);
      this.#tar?.close();
      this.#tar = undefined;
    };
    const stream = await this.#source.fetch(this.#layer, { signal: options.signal });
    const { hasTable } = await readLayer(stream, this.#layer, handler, { ...options, onPlain });
    this.entries = hasTable ? withoutOwn(entries) : entries;
  }

  /**
   * The content of an entry of this layer.
   *
   * @param range which of its bytes
   * @param tied stops this reader; released when it ends
   */
  async read(
    at: SpooledEntry,
    range: ByteRange,
    tied: TiedSignal,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const tar = this.#tar;
    const { keptAt } = at;
    if (tar === undefined || keptAt === undefined) {
      const key = `${this.#layer.digest}:${at.dataStart}`;
      const make = (stop: AbortSignal) => this.#unpack(at, stop);
      return await this.#kept.open({ key, size: at.entry.size, make }, range, tied);
    }
    const { signal, release } = tied;
    let [next, end] = [keptAt + range.start, keptAt + range.end];
    return byteStream((into) => {
      checkAborted(signal);
      const read = tar.read(into.subarray(0, Math.min(into.length, end - next)), next);
      next += read;
      return read;
    }, release);
  }

  /** Downloads the layer once more and keeps one file of it. Nothing is handed out before the end was seen. */
  async #unpack({ dataStart }: SpooledEntry, signal: AbortSignal): Promise<TemporaryFile> {
    const file = new TemporaryFile();
    let wanted = false;
    const handler = {
      entry: (_entry: Entry, start: number) => void (wanted = start === dataStart),
      data: (bytes: Uint8Array) => {
        if (wanted) file.write(bytes);
      },
      fileEnd: () => void (wanted = false),
    };
    try {
      const stream = await this.#source.fetch(this.#layer, { signal });
      await readLayer(stream, this.#layer, handler, { signal });
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Removes what is kept of the tar. */
  close(): void {
    this.#tar?.close();
  }
}

/** Without what writers of eStargz add for themselves. */
function withoutOwn(entries: SpooledEntry[]): SpooledEntry[] {
  if (entries.at(-1)?.entry.path === TOC_NAME) entries.pop();
  return entries.filter(({ entry }) => !LANDMARKS.has(entry.path));
}
