/**
 * A layer without a table, for reading single files: the whole of it is downloaded, checked against its
 * digest, and its tar kept in a private temporary file as long as that is in proportion to what was sent.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { FREE_SPOOL_BYTES, MAX_SPOOL_RATIO } from "../../limits.ts";
import { byteStream } from "../../system/streams.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import type { Budget } from "../budget.ts";
import { type LayerStreamOptions, readLayer } from "./layer_stream.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";

/** An entry, and where in the tar its content begins. */
export interface SpooledEntry {
  entry: Entry;
  dataStart: number;
}

/** How to make a spool. */
export interface SpoolOptions extends LayerStreamOptions {
  /** Counts the entries. */
  budget: Budget;
  /** Whether content will be asked for. */
  keep: boolean;
}

/** What a layer without a table holds. */
export class Spool {
  entries: readonly SpooledEntry[] = [];
  readonly #source: Source;
  readonly #layer: Descriptor;
  readonly #signal: AbortSignal | undefined;
  /** The tar, where it is kept. */
  #tar: TemporaryFile | undefined;
  /** Single files that were unpacked by themselves. */
  readonly #files = new Set<TemporaryFile>();
  #open = true;

  private constructor(source: Source, layer: Descriptor, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#layer = layer;
    this.#signal = signal;
  }

  /**
   * Downloads a layer. On the disk it takes at most {@linkcode MAX_SPOOL_RATIO} times its bytes, and
   * {@linkcode FREE_SPOOL_BYTES}; nothing where no content is asked for.
   *
   * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `file-system`
   */
  static async make(source: Source, layer: Descriptor, options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(source, layer, options.signal);
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
    const handler = {
      entry(entry: Entry, dataStart: number) {
        options.budget.spend(entry.path, entry.size, entry.linkTarget);
        entries.push({ entry, dataStart });
      },
      data() {},
      fileEnd() {},
    };
    if (options.keep) this.#tar = new TemporaryFile();
    let plain = 0;
    const onPlain = (bytes: Uint8Array, read: number) => {
      plain += bytes.length;
      if (plain <= FREE_SPOOL_BYTES + MAX_SPOOL_RATIO * read) return this.#tar?.write(bytes);
      this.#tar?.close();
      this.#tar = undefined;
    };
    const stream = await this.#source.fetch(this.#layer, { signal: options.signal });
    const { hasTable } = await readLayer(stream, this.#layer, handler, { ...options, onPlain });
    this.entries = hasTable ? withoutOwn(entries) : entries;
  }

  /** The content of an entry of this layer. */
  read(at: SpooledEntry): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { size } = at.entry;
    let file = this.#tar;
    let done = 0;
    return byteStream(async (into) => {
      if (!this.#open) throw new BlobberError("closed", "the image is closed");
      const room = into.subarray(0, Math.min(into.length, size - done));
      if (room.length === 0) return 0;
      file ??= await this.#unpack(at);
      const start = file === this.#tar ? at.dataStart : 0;
      const read = file.read(room, start + done);
      done += read;
      return read;
    }, () => {
      if (file !== undefined && this.#files.delete(file)) file.close();
    });
  }

  /** Downloads the layer once more and keeps one file of it. Nothing is handed out before the end was seen. */
  async #unpack({ dataStart }: SpooledEntry): Promise<TemporaryFile> {
    const file = new TemporaryFile();
    this.#files.add(file);
    let wanted = false;
    const handler = {
      entry: (_entry: Entry, start: number) => void (wanted = start === dataStart),
      data: (bytes: Uint8Array) => {
        if (wanted) file.write(bytes);
      },
      fileEnd: () => void (wanted = false),
    };
    const options = { signal: this.#signal };
    await readLayer(await this.#source.fetch(this.#layer, options), this.#layer, handler, options);
    return file;
  }

  /** Removes what is kept. */
  close(): void {
    this.#open = false;
    this.#tar?.close();
    for (const file of this.#files) file.close();
    this.#files.clear();
  }
}

/** Without what writers of eStargz add for themselves. */
function withoutOwn(entries: SpooledEntry[]): SpooledEntry[] {
  if (entries.at(-1)?.entry.path === TOC_NAME) entries.pop();
  return entries.filter(({ entry }) => !LANDMARKS.has(entry.path));
}
