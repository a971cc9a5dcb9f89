/**
 * The bytes of consecutive members, out of memory or out of one request.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { ByteRange, CallOptions } from "../../store.ts";
import { CheckedReader } from "../../checked_content.ts";
import type { ContentSource } from "./content.ts";
import type { LayerEnd } from "../table/layer_table.ts";

/** Memory that bytes of a range pass through. */
const SCRATCH_BYTES = 256 * 1024;

/** How a part of a layer is read. */
export interface RunReaderOptions extends CallOptions {
  /** Called with the number of bytes that came since the last call. */
  onBytes?: ((count: number) => void) | undefined;
}

/** Reads forward through a part of a layer. */
export class RunReader {
  readonly #open: (range: ByteRange) => Promise<ReadableStream<Uint8Array>>;
  readonly #tail: LayerEnd["tail"];
  readonly #end: number;
  /** Where what is fetched now ends. */
  #fetchedTo: number;
  readonly #name: string;
  readonly #onBytes: RunReaderOptions["onBytes"];
  #reader: CheckedReader | undefined;
  #position: number;
  #scratch = new ArrayBuffer(0);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * @param range what will be read of the layer, at the most; and where it probably ends already: what is behind
   * that is fetched only when it is asked for
   */
  constructor(
    source: ContentSource,
    layer: LayerEnd,
    range: ByteRange & { likelyEnd?: number | undefined },
    { onBytes, ...options }: RunReaderOptions,
  ) {
    const { start, end, likelyEnd = end } = range;
    this.#fetchedTo = likelyEnd;
    this.#onBytes = onBytes;
    this.#end = end;
    this.#tail = layer.tail;
    this.#position = start;
    this.#name = `bytes ${start} to ${end} of the layer ${layer.layer.digest} of ${source.name}`;
    this.#open = (range) => source.fetch(layer.layer, { ...options, range });
  }

  /**
   * Some bytes, valid until the next call.
   *
   * @param from where in the layer they begin, not before the end of the last ones
   * @param to where they end at the latest
   * @returns at least one
   * @throws {BlobberError} `integrity` when there are none
   */
  async some(from: number, to: number): Promise<Uint8Array> {
    const { start, bytes } = this.#tail;
    if (this.#reader === undefined && this.#position >= start) {
      return bytes.subarray(from - start, to - start);
    }
    if (this.#reader === undefined) await this.#fetch();
    while (this.#position < from) await this.#take(from - this.#position);
    return await this.#take(to - from);
  }

  /** All bytes between two places, which are few. As {@linkcode RunReader.some}. */
  async all(from: number, to: number): Promise<Uint8Array> {
    let part = await this.some(from, to);
    if (part.length === to - from) return part;
    const whole = new Uint8Array(to - from);
    for (let at = 0;;) {
      whole.set(part, at);
      at += part.length;
      if (at === whole.length) return whole;
      part = await this.some(from + at, to);
    }
  }

  async #fetch(): Promise<void> {
    const range = { start: this.#position, end: this.#fetchedTo };
    const size = range.end - range.start;
    this.#reader = new CheckedReader(await this.#open(range), { size, name: this.#name });
    const scratch = Math.min(SCRATCH_BYTES, size);
    if (this.#scratch.byteLength < scratch) this.#scratch = new ArrayBuffer(scratch);
  }

  async #take(count: number): Promise<Uint8Array> {
    if (this.#rest.length === 0) {
      if (this.#position === this.#fetchedTo && this.#fetchedTo < this.#end) {
        await this.#reader!.cancel();
        this.#fetchedTo = this.#end;
        await this.#fetch();
      }
      const { buffer } = this.#rest;
      const scratch = buffer.byteLength > 0 ? buffer : this.#scratch;
      const bytes = await this.#reader!.read(scratch);
      if (bytes === undefined) throw new BlobberError("integrity", `${this.#name} are cut off`);
      this.#onBytes?.(bytes.length);
      this.#rest = bytes;
    }
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(part.length);
    this.#position += part.length;
    return part;
  }

  /** Gives the rest up. */
  async cancel(): Promise<void> {
    await this.#reader?.cancel();
    // The collector would come for it too late: there may be hundreds of runs.
    for (const memory of [this.#scratch, this.#rest.buffer]) {
      if (memory.byteLength > 0) memory.transfer(0);
    }
    this.#rest = new Uint8Array(0);
  }
}
