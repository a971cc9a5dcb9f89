/**
 * The threads of one pull: as many as are worth their start.
 *
 * @module
 */

import type { UnpackRunner } from "../../archive/unpack/unpack_table.ts";
import { processors } from "../../system/runtime.ts";
import { WorkerPool } from "../../threads/workers.ts";
import type { Descriptor } from "../../types.ts";
import { MAX_THREADS } from "../../limits.ts";

/** Groups given to one thread at a time: while this one is at a group itself, it cannot give the next. */
const IN_FLIGHT = 3;
/** Bytes of layers from which threads are worth their start. */
const THREADS_WORTH = 8 * 1024 * 1024;

/** Threads that unpack beside the one that pulls, which unpacks too. */
export class UnpackThreads {
  #pool = new WorkerPool(0);
  #count = 0;

  /** What runs the jobs: the calling thread until others were started. */
  get runner(): UnpackRunner {
    return this.#pool;
  }

  /** Groups of the usual size on their way at a time: the bound on memory. */
  get groups(): number {
    return this.#count === 0 ? 1 : 2 * this.#count + 4;
  }

  /**
   * Starts threads where they pay. Call it once.
   *
   * @param layers what there is to unpack
   * @param jobs threads that work, the calling one among them
   */
  start(layers: readonly Descriptor[], jobs: number = processors()): void {
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    if (bytes < THREADS_WORTH || jobs < 2) return;
    this.#count = Math.min(jobs, MAX_THREADS) - 1;
    this.#pool = new WorkerPool(this.#count, IN_FLIGHT);
    this.#pool.start("unpack");
  }

  /** Stops them. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}
