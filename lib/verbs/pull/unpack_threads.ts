/**
 * The threads of one pull: those of its client, where they are worth their start.
 *
 * @module
 */

import { type ThreadCall, withoutThreads } from "../../threads/pool.ts";
import type { Descriptor } from "../../types.ts";

/** Groups given to one thread at a time: while this one is at a group itself, it cannot give the next. */
const IN_FLIGHT = 3;
/** Bytes of layers from which threads are worth their start. */
const THREADS_WORTH = 8 * 1024 * 1024;

/** Threads that unpack beside the one that pulls, which unpacks too. */
export class UnpackThreads {
  readonly #shared: ThreadCall | undefined;
  #used: ThreadCall = withoutThreads();

  /** @param shared this call's part of the client's threads */
  constructor(shared: ThreadCall | undefined) {
    this.#shared = shared;
  }

  /**
   * Has the client's threads run the jobs from now on, and opens them where they pay.
   *
   * @param job that comes first
   */
  open(job: "compare"): void {
    if (this.#shared === undefined) return;
    this.#used = this.#shared;
    this.#used.inFlight = IN_FLIGHT;
    this.#used.start(job);
  }

  /** Ends threads that have nothing to do any more in this pull. */
  rest(): void {
    this.#shared?.rest();
  }

  /** What runs the jobs: the calling thread until others were started. */
  get runner(): ThreadCall {
    return this.#used;
  }

  /** Groups of the usual size on their way at a time, which the pulls of a client share: the bound on memory. */
  get groups(): number {
    const { threads } = this.#used;
    return threads === 0 ? 1 : this.#used.share(2 * threads + 4, 2);
  }

  /**
   * Starts threads where they pay.
   *
   * @param layers what there is to unpack
   */
  start(layers: readonly Descriptor[]): void {
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    if (this.#shared === undefined || bytes < THREADS_WORTH) return;
    this.#used = this.#shared;
    this.#used.inFlight = IN_FLIGHT;
    this.#used.start("unpack");
  }
}
