/**
 * Threads for tests of what uses them.
 *
 * @module
 */

import { type ThreadCall, ThreadPool } from "../../lib/threads/pool.ts";

/**
 * Runs something with threads, which are gone afterwards.
 *
 * @param jobs how many threads work, the calling one among them
 */
export async function withThreads<Result>(
  jobs: number,
  run: (threads: ThreadCall) => Promise<Result>,
): Promise<Result> {
  const pool = new ThreadPool({ jobs });
  try {
    return await run(pool.enter());
  } finally {
    await pool.close();
  }
}
