/**
 * A body that is written while it is sent. It goes out in pieces of one size: what is written is gathered
 * in one buffer while the other is sent, so that writer and sender rarely wait for each other.
 *
 * @module
 */

import type { StreamBody } from "../http/exchange.ts";

/** Bytes handed over at a time: each costs some turns of the event loop, which the writer keeps busy. */
const PIECE = 512 * 1024;
/**
 * Bytes that are held back for the last piece. A last piece smaller than a segment would wait for the
 * acknowledgement of the one before it, which the other side may put off for 40 ms.
 */
const TAIL = 128 * 1024;

/** One writer, one sender. */
export class Channel implements StreamBody {
  /** Not known while the blob is made. */
  readonly length = undefined;
  /** What has been handed over is gone. */
  readonly replayable = false;
  #filling = new Uint8Array(PIECE + TAIL);
  #filled = 0;
  #spare = new Uint8Array(PIECE + TAIL);
  #piece: Uint8Array | undefined;
  #ended = false;
  #broken = false;
  #wakeSender: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /**
   * Takes bytes, which may be reused once this resolves.
   *
   * @returns whether they were taken; `false` once sending has stopped
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length && !this.#broken;) {
      const part = bytes.subarray(at, at + this.#filling.length - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#filling.length) await this.#hand(PIECE);
    }
    return !this.#broken;
  }

  /** Ends the body after what was written. */
  async end(): Promise<void> {
    await this.#hand(this.#filled);
    this.#ended = true;
    this.#wakeSender?.();
  }

  /** Stops the sending: a writer that waits is let go. */
  break(): void {
    this.#broken = true;
    this.#wakeWriter?.();
    this.#wakeSender?.();
  }

  /** As {@linkcode StreamBody.open}. */
  open(): AsyncIterator<Uint8Array> {
    let given = false;
    return {
      next: async () => {
        if (given) {
          given = false;
          this.#piece = undefined;
          this.#wakeWriter?.();
        }
        while (this.#piece === undefined && !this.#ended && !this.#broken) {
          await new Promise<void>((wake) => this.#wakeSender = wake);
        }
        // A body must not end as if it were whole when it is not.
        if (this.#broken) throw new Error("the upload was given up");
        if (this.#piece === undefined) return { value: undefined, done: true };
        given = true;
        return { value: this.#piece, done: false };
      },
      return: () => {
        this.break();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  /** Hands the first bytes over when the piece before is gone. */
  async #hand(size: number): Promise<void> {
    while (this.#piece !== undefined && !this.#broken) {
      await new Promise<void>((done) => this.#wakeWriter = done);
    }
    const full = this.#filling;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#filling.set(full.subarray(size, this.#filled));
    this.#filled -= size;
    if (size > 0) this.#piece = full.subarray(0, size);
    this.#wakeSender?.();
  }
}
