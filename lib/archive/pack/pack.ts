/**
 * Packs entries into a layer: plans batches, has them packed in any order, and hands them on in theirs.
 *
 * @module
 */

import { checkAborted } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { nextTurn } from "../../system/runtime.ts";
import { Batch, type Buffers, PACKED_ROOM, PLAIN_ROOM } from "./batch.ts";
import type { Encoder } from "../compression/encoder.ts";
import type { Entry } from "../entry.ts";
import type { PackRunner } from "./crew.ts";
import type { EntrySink } from "./pack_input.ts";
import { LayerSink, type PackedLayer, type Write } from "./layer_sink.ts";
import type { ReadContent } from "../input/input.ts";
import type { KeyGuard } from "../input/private_keys.ts";
import type { LikelySecret } from "../input/secrets.ts";
import { isLarge, LargeFiles } from "./large_file.ts";
import { changed, type FileStamp } from "../input/source_file.ts";
import { TreeForm } from "../tree_form.ts";
import { TreeRecords } from "../tree_records.ts";

/** What a packer needs. */
export interface PackerOptions extends Observer {
  /** What makes the members. */
  encoder: Encoder;
  /** Packs batches. */
  runner: PackRunner;
  /**
   * Batches that may exist now: what bounds memory, and what makes a slow `write` slow everything.
   */
  batches: () => number;
  /** Takes the blob's bytes. */
  write: Write;
  /** In which order entries come: that of a walk, in which none has to be kept. @default "any" */
  order?: "walk" | "any" | undefined;
  /** Which private keys may be in files. Without it no secret is looked for. @default any */
  keys?: KeyGuard | undefined;
  /** Told of each likely secret, in the order of the archive. */
  onSecret?: ((secret: LikelySecret) => void) | undefined;
  /** Bytes of content that there will be, once they are known. Asked often. */
  total?: (() => number | undefined) | undefined;
}

/** Packs one layer. The caller adds entries in the order that the archive is to have, one after another. */
export class Packer implements EntrySink {
  readonly #options: PackerOptions;
  readonly #sink: LayerSink;
  readonly #free: Buffers[] = [];
  readonly #large = new LargeFiles(() => this.#next());
  #made = 0;
  #batch: Batch | undefined;
  /** The end of everything that was handed on so far. */
  #sunk: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** Bytes of content that were handed on. */
  #filled = 0;

  /** @param options see there */
  constructor(options: PackerOptions) {
    this.#options = options;
    const { encoder, write, signal, onSecret, order = "any" } = options;
    const tree = order === "walk" ? new TreeForm() : new TreeRecords(signal);
    this.#sink = new LayerSink({ encoder, write, tree, onSecret, signal });
  }

  /** As {@linkcode EntrySink.addFile}; the file is read later, when the batch is packed. */
  async addFile(entry: Entry, file: string, stamp: FileStamp): Promise<void> {
    // Nearly every file finds room: what is not awaited costs nothing.
    let batch = this.#open() ?? await this.#next();
    batch.header(entry);
    const { size } = entry;
    if (size === 0) return;
    if (isLarge(entry)) return await this.#large.addFile(entry, { file, stamp });
    if (size > batch.room) batch = await this.#next();
    batch.fileContent(entry, 0, size, { file, stamp });
  }

  /** As {@linkcode EntrySink.add}. */
  async add(entry: Entry, read?: ReadContent): Promise<void> {
    let batch = this.#open() ?? await this.#next();
    batch.header(entry);
    const { path, size } = entry;
    if (size === 0) return;
    const fill = async (into: Uint8Array) => {
      for (let done = 0; done < into.length;) {
        const n = await read!(into.subarray(done));
        if (n === 0) throw changed(path);
        done += n;
      }
    };
    if (isLarge(entry)) return await this.#large.add(entry, fill);
    if (size > batch.room) batch = await this.#next();
    const into = batch.content(entry, 0, size);
    await fill(into);
    batch.filledIn(path, size, into);
  }

  /** Ends the layer. Nothing may be added afterwards. */
  async finish(): Promise<PackedLayer> {
    await this.#flush();
    await this.#sunk;
    this.#check();
    // What the table takes now, the buffers need not take beside it.
    for (const { plain, packed } of this.#free.splice(0)) {
      for (const one of [plain, packed]) one.transfer(0);
    }
    const { onProgress } = this.#options;
    const done = this.#filled;
    onProgress?.({ phase: "pack", done, total: done, unit: "bytes", finished: true });
    const layer = await this.#sink.finish();
    // Whether all of it has arrived, its target says.
    const sent = { done: layer.size, total: layer.size };
    onProgress?.({ phase: "upload", ...sent, unit: "bytes", finished: false });
    return layer;
  }

  /** Lets the work that is under way come to its end, whichever it is, so that nothing uses its buffers. */
  async settle(): Promise<void> {
    await this.#sunk;
  }

  /** The batch that has room for a header, if there is one. */
  #open(): Batch | undefined {
    return this.#batch !== undefined && this.#batch.room > 0 ? this.#batch : undefined;
  }

  /** Gives the batch away, and begins another. */
  async #next(): Promise<Batch> {
    await this.#flush();
    this.#check();
    if (this.#free.length === 0 && this.#made < this.#options.batches()) {
      this.#made++;
      this.#free.push({
        plain: new ArrayBuffer(PLAIN_ROOM),
        packed: new ArrayBuffer(PACKED_ROOM),
      });
    }
    while (this.#free.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#check();
    }
    this.#batch = new Batch(this.#free.pop()!);
    return this.#batch;
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined || batch.length === 0) return;
    const { length, rows, filled } = batch;
    const input = batch.input(this.#options.encoder, this.#options.keys);
    const packing = this.#options.runner.run("pack", input, [input.plain, input.packed]);
    packing.catch(() => {}); // it is seen below, when its turn comes
    this.#sunk = this.#sunk.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        const output = await packing;
        await this.#sink.take(length, rows, output);
        this.#free.push(output);
        this.#filled += filled;
        this.#report();
      } catch (error) {
        this.#failure = { error };
      }
      this.#wake?.();
    });
    // What threads and the store answer is to be heard.
    await nextTurn();
  }

  #check(): void {
    const { signal } = this.#options;
    checkAborted(signal);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #report(): void {
    const { onProgress, total } = this.#options;
    if (onProgress === undefined) return;
    const how = { unit: "bytes", finished: false } as const;
    onProgress({ phase: "pack", done: this.#filled, total: total?.(), ...how });
    onProgress({ phase: "upload", done: this.#sink.sent, ...how });
  }
}
