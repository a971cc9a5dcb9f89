/**
 * The table of jobs that a thread can run.
 *
 * @module
 */

import type { compareJob } from "../archive/compare/compare_job.ts";
import type { digestJob } from "../archive/update/digest_job.ts";
import type { hashJob } from "../archive/pack/hash_job.ts";
import type { lookJob } from "../archive/pack/look_job.ts";
import type { packJob } from "../archive/pack/pack_job.ts";
import type { unpackJob } from "../archive/unpack/unpack_job.ts";

/**
 * Jobs by name, loaded when they are first run: a thread that packs never loads what unpacks. A job takes
 * one value that can be copied to another thread, puts the buffers that it gives back into the list it is
 * handed, and answers with a value that can be copied.
 */
export const JOBS: {
  compare: () => Promise<typeof compareJob>;
  digest: () => Promise<typeof digestJob>;
  hash: () => Promise<typeof hashJob>;
  look: () => Promise<typeof lookJob>;
  pack: () => Promise<typeof packJob>;
  unpack: () => Promise<typeof unpackJob>;
} = {
  compare: async () => (await import("../archive/compare/compare_job.ts")).compareJob,
  digest: async () => (await import("../archive/update/digest_job.ts")).digestJob,
  hash: async () => (await import("../archive/pack/hash_job.ts")).hashJob,
  look: async () => (await import("../archive/pack/look_job.ts")).lookJob,
  pack: async () => (await import("../archive/pack/pack_job.ts")).packJob,
  unpack: async () => (await import("../archive/unpack/unpack_job.ts")).unpackJob,
};

/** Name of a job. */
export type JobName = keyof typeof JOBS;
/** What a job takes. */
export type JobInput<J extends JobName> = Parameters<Job<J>>[0];
/** What a job answers. */
export type JobOutput<J extends JobName> = Awaited<ReturnType<Job<J>>>;

type Job<J extends JobName> = Awaited<ReturnType<(typeof JOBS)[J]>>;
