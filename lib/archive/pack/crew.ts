/**
 * Who packs batches: threads, and this thread when they have enough to do.
 *
 * A thread less saves its start and 13 MB, and the batches packed here cross no border. This thread feeds
 * the others and the store at the same time, so it packs step by step and lets them have their say between
 * two steps.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { nextTurn } from "../../system/runtime.ts";
import { memberMaker } from "../compression/encoder.ts";
import type { JobRunner, SharedRunner } from "../job_runner.ts";
import type { PackInput, PackOutput } from "./pack_job.ts";

/** Batches that a thread has at a time: enough for what this thread takes for a step, and few in memory. */
export const AT_A_TIME = 2;

/** Packs batches. */
export type PackRunner = JobRunner<"pack", PackInput, PackOutput>;
/** Packs batches in other threads. */
export interface PackThreads extends SharedRunner<"pack", PackInput, PackOutput> {
  /** How many there are. */
  readonly threads: number;
  /** This packing's part of what all that go on may have together, which is at least `least`. */
  share(together: number, least: number): number;
}

/** Threads and this one. */
export class Crew implements PackRunner {
  readonly #threads: PackThreads;
  #early: number;
  #mine = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * @param threads pack too
   * @param early batches that this thread packs before the others are given one, for what may be over
   * before threads have begun
   */
  constructor(threads: PackThreads, early: number) {
    this.#threads = threads;
    this.#early = early;
  }

  /** Batches that exist when everybody has enough to do: what bounds memory, also that of their entries. */
  get batches(): number {
    const { threads } = this.#threads;
    return threads === 0 ? 2 : this.#threads.share(2 * threads + 3, 2);
  }

  /**
   * Packs a batch.
   *
   * @param job which job that is
   * @param input the batch
   * @param transfer its buffers
   * @throws {BlobberError} what the job throws, `closed`; what who is told throws that there are no threads
   */
  async run(job: "pack", input: PackInput, transfer: ArrayBuffer[] = []): Promise<PackOutput> {
    const isAlone = this.#threads.threads === 0;
    // Asked in any case: where there turned out to be no threads, it is here that the call is told why.
    const { hasRoom } = this.#threads;
    if (isAlone || this.#early > 0 || (!hasRoom && this.#mine === 0)) {
      this.#early--;
      this.#mine++;
      const packing = this.#last.then(() => this.#pack(input)).finally(() => this.#mine--);
      this.#last = packing.catch(() => {});
      return await packing;
    }
    return await this.#threads.run(job, input, transfer);
  }

  /** Stops what is packed here. The threads are their owner's. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #pack(input: PackInput): Promise<PackOutput> {
    const { packSteps } = await import("./pack_job.ts");
    const steps = packSteps(input, await memberMaker(input.encoder));
    for (;;) {
      if (this.#closed) throw new BlobberError("closed", "the packing was given up");
      const { done, value } = steps.next();
      if (done) return value;
      await nextTurn();
    }
  }
}
