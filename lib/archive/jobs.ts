/**
 * The table of jobs that a worker can run.
 *
 * @module
 */

import { packJob } from "./pack_job.ts";
import { unpackJob } from "./unpack_job.ts";

/**
 * Jobs by name. A job takes one value that can be copied to another thread, puts the buffers that it gives
 * back into the list it is handed, and answers with a value that can be copied.
 */
export const JOBS = { pack: packJob, unpack: unpackJob } as const;

/** Name of a job. */
export type JobName = keyof typeof JOBS;
/** What a job takes. */
export type JobInput<J extends JobName> = Parameters<(typeof JOBS)[J]>[0];
/** What a job answers. */
export type JobOutput<J extends JobName> = Awaited<ReturnType<(typeof JOBS)[J]>>;

/** Runs jobs: the pool in `workers.ts`, as the archive sees it. */
export interface JobRunner {
  /**
   * Runs a job; several may run at a time and end in any order.
   *
   * @param job its name in the table
   * @param input what it takes
   * @param transfer buffers in `input` that are given away
   */
  run<J extends JobName>(
    job: J,
    input: JobInput<J>,
    transfer?: ArrayBuffer[],
  ): Promise<JobOutput<J>>;
}
