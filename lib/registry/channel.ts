/**
 * A body that is written while it is sent: each piece is handed from writer to sender directly, and nothing
 * is queued in between.
 *
 * @module
 */

import type { StreamBody } from "./exchange.ts";

/** Bytes handed over at a time. Larger ones raise the peak of memory and gain no speed. */
const PIECE = 128 * 1024;

/** One writer, one sender. */
export class Channel implements StreamBody {
  /** Not known while the blob is made. */
  readonly length = undefined;
  /** What has been handed over is gone. */
  readonly replayable = false;
  #piece: Uint8Array | undefined;
  #ended = false;
  #broken = false;
  #wakeSender: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /**
   * Hands bytes over. Resolves when the sender is done with them, so that they may be reused.
   *
   * @returns whether they were taken; `false` once nobody sends any more
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length && !this.#broken; at += PIECE) {
      this.#piece = bytes.subarray(at, at + PIECE);
      this.#wakeSender?.();
      await new Promise<void>((done) => this.#wakeWriter = done);
    }
    return !this.#broken;
  }

  /** Says that there is no more. */
  end(): void {
    this.#ended = true;
    this.#wakeSender?.();
  }

  /** Says that nobody sends any more: a writer that waits is let go. */
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
}
