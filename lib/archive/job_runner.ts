/**
 * Background threads as the archive sees them: it names a job and hands over what the job takes. Which jobs
 * there are, and what runs them, is the business of `lib/threads/`.
 *
 * @module
 */

/** Runs one kind of job. */
export interface JobRunner<Name extends string, Input, Output> {
  /**
   * Runs a job; several may run at a time and end in any order.
   *
   * @param job its name
   * @param input what it takes
   * @param transfer buffers in `input` that are given away
   */
  run(job: Name, input: Input, transfer?: ArrayBuffer[]): Promise<Output>;
}

/** A runner whose caller works too while no thread has room for more. */
export interface SharedRunner<Name extends string, Input, Output>
  extends JobRunner<Name, Input, Output> {
  /** Whether a job given now would begin soon. */
  readonly hasRoom: boolean;
  /** Drops the jobs that have not begun, which reject with `closed`, and waits for those that run. */
  giveUp(): Promise<void>;
}
