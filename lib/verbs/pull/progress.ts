/**
 * How far a pull has come, in bytes and in files.
 *
 * @module
 */

import type { Observer } from "../../events.ts";

/** Counts what was downloaded and unpacked, and tells it. */
export class PullProgress {
  readonly #onProgress: Observer["onProgress"];
  /** Bytes of all layers. */
  readonly #bytes: number;
  /** Files to write, where that is known. */
  readonly #files: number | undefined;
  /** Bytes of the layers that are done. */
  #before = 0;
  /** Files that are there. */
  #written = 0;

  /**
   * Tells at once that this is a pull and no mere download.
   *
   * @param observer is told
   * @param expected bytes of all layers; files to write, where that is known
   */
  constructor(observer: Observer, expected: { bytes: number; files: number | undefined }) {
    this.#onProgress = observer.onProgress;
    this.#bytes = expected.bytes;
    this.#files = expected.files;
    this.wrote(0);
  }

  /** Bytes of the layer that is being read so far. */
  read(bytes: number): void {
    this.#download(this.#before + bytes);
  }

  /** A layer, or further bytes of one, of which no more is counted by {@linkcode read}. */
  readAll(bytes: number): void {
    this.#before += bytes;
  }

  /** Further bytes of layers that are read side by side. */
  readMore(bytes: number): void {
    this.readAll(bytes);
    this.#download(this.#before);
  }

  /** Further files were written. */
  wrote(files: number): void {
    this.#written += files;
    this.#unpack(this.#files);
  }

  /** Everything was downloaded and unpacked. */
  end(): void {
    this.#download(this.#bytes, true);
    this.#unpack(this.#written, true);
  }

  #download(done: number, finished = false): void {
    this.#onProgress?.({ phase: "download", done, total: this.#bytes, unit: "bytes", finished });
  }

  #unpack(total: number | undefined, finished = false): void {
    const done = this.#written;
    this.#onProgress?.({ phase: "unpack", done, total, unit: "entries", finished });
  }
}
