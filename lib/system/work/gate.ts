/**
 * Room for so much at a time. What does not fit waits, first come, first served.
 *
 * @module
 */

import { checkAborted, interruption } from "../../errors.ts";

/** How much room something takes, and what ends its wait. */
export interface GateOptions {
  /** @default 1 */
  weight?: number | undefined;
  signal?: AbortSignal | undefined;
}

interface Waiting {
  weight: number;
  go(): void;
}

/** A gate with room behind it. */
export class Gate {
  readonly #room: number;
  #taken = 0;
  readonly #queue = new Set<Waiting>();

  /** @param room how much may be inside at a time */
  constructor(room: number) {
    this.#room = room;
  }

  /**
   * Goes in, when there is room. What weighs more than all the room goes in alone.
   *
   * @returns goes out again; safe to call twice
   * @throws {BlobberError} `interrupted`
   */
  async enter({ weight = 1, signal }: GateOptions = {}): Promise<() => void> {
    checkAborted(signal);
    const taken = Math.min(weight, this.#room);
    if (this.#queue.size > 0 || this.#taken + taken > this.#room) await this.#wait(taken, signal);
    else this.#taken += taken;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#taken -= taken;
      this.#letIn();
    };
  }

  /** Does some work inside. */
  async through<T>(work: () => Promise<T>, options: GateOptions = {}): Promise<T> {
    const leave = await this.enter(options);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  #wait(weight: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((done, fail) => {
      const giveUp = () => {
        this.#queue.delete(waiting);
        this.#letIn(); // what waited behind it may fit
        fail(interruption(signal!));
      };
      const waiting: Waiting = {
        weight,
        go: () => {
          signal?.removeEventListener("abort", giveUp);
          done();
        },
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#queue.add(waiting);
    });
  }

  #letIn(): void {
    for (const next of this.#queue) {
      if (this.#taken + next.weight > this.#room) return;
      this.#queue.delete(next);
      this.#taken += next.weight;
      next.go();
    }
  }
}
