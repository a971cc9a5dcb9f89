/**
 * The queue for connections to one host: first come, first served.
 *
 * A slot is held from the moment a request is sent until the body of its answer was read or given up. What
 * waits for a slot must never wait for something that itself waits for one, or all would stand still. That this
 * cannot happen follows from four rules:
 *
 * 1. *Most exchanges end by themselves.* The body of the request is in memory or in a file, and the answer is
 *    read at once, to its end or to a limit, by code that asks for nothing else meanwhile. They wait for the
 *    network alone, which moves or is given up for its silence.
 * 2. *A download may be taken from its reader.* Its answer is read as the caller pleases, who may stop to wait
 *    for another request. While a read is under way it waits for the network alone, as in rule 1. While none
 *    is, and others wait, its connection is ended after {@linkcode YIELD_AFTER_MS} and its slot is given on;
 *    the next read asks for what is missing, at the end of the queue (`blobs/download.ts`).
 * 3. *A live upload leaves room.* Its body is made while it is sent, by a caller who may wait for another
 *    request. So it needs a permit, of which there is one fewer than slots, and which is not waited for: where
 *    there is none, the blob is kept in a file and sent when it is complete, by rule 1 (`blobs/upload.ts`). On
 *    a machine where no file can be made it is sent live all the same, beside the slots and uncounted.
 * 4. *Nobody waits with a slot in hand.* An exchange is over before the next one is begun: a redirect or a
 *    challenge is read before it is followed or answered, a failure before the pause that follows it.
 *
 * By rule 3 one slot at least is not a live upload's. Its exchange ends, or is taken, by rules 1 and 2, in a
 * time that depends on the network alone. Then the one that has waited longest has a slot. So each gets one.
 *
 * @module
 */

import { interruption } from "../../errors.ts";

/** How long a download whose reader pauses keeps its connection while others wait, in milliseconds. */
const YIELD_AFTER_MS = 100;

/** A download whose reader may pause. */
export interface Yielding {
  /** Called while no read is under way: ends the connection. The slot was given on already. */
  taken(): void;
}

interface Waiting {
  go(): void;
}

/** The slots of one host. */
export class Slots {
  readonly #count: number;
  #taken = 0;
  #permits = 0;
  /** Who waits, in the order in which they came. */
  readonly #queue = new Set<Waiting>();
  /** Downloads that are not being read, and since when: the longest first. */
  readonly #paused = new Map<Yielding, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param count how many slots there are, at least one */
  constructor(count: number) {
    this.#count = count;
  }

  /** Whether a request would have to wait. */
  get full(): boolean {
    return this.#taken >= this.#count;
  }

  /**
   * Takes a slot, at once where there is one.
   *
   * @param signal ends the wait, which then rejects with `interrupted`
   * @returns what to wait for; nothing when the slot is taken
   */
  take(signal: AbortSignal): Promise<void> | undefined {
    if (!this.full && this.#queue.size === 0) {
      this.#taken++;
      return undefined;
    }
    return new Promise((done, fail) => {
      const leave = () => {
        this.#queue.delete(waiting);
        fail(interruption(signal));
      };
      const waiting: Waiting = {
        go: () => {
          signal.removeEventListener("abort", leave);
          done();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.add(waiting);
      this.#takeFromPaused();
    });
  }

  /** Gives a slot back: to the one that has waited longest. */
  give(): void {
    this.#taken--;
    for (const next of this.#queue) {
      if (this.full) return;
      this.#queue.delete(next);
      this.#taken++;
      next.go();
    }
  }

  /** A permit for a live upload, if there is one left. Whoever has it gives it back once. */
  permit(): (() => void) | undefined {
    if (this.#permits >= this.#count - 1) return undefined;
    this.#permits++;
    return () => void this.#permits--;
  }

  /** No read of this download is under way now. */
  pause(download: Yielding): void {
    this.#paused.set(download, performance.now());
    if (this.#queue.size > 0) this.#takeFromPaused();
  }

  /** One is, or it is over. */
  resume(download: Yielding): void {
    this.#paused.delete(download);
  }

  /** Gives the slots of downloads that have paused for long to those who wait, and looks again when it is time. */
  #takeFromPaused(): void {
    for (const [download, since] of this.#paused) {
      if (this.#queue.size === 0) return;
      const left = since + YIELD_AFTER_MS - performance.now();
      if (left > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#takeFromPaused();
        }, left);
        return;
      }
      this.#paused.delete(download);
      this.give();
      download.taken();
    }
  }
}
