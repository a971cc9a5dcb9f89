/**
 * Work on many things, a few at a time.
 *
 * @module
 */

/**
 * Does the same with each item. The first failure stops the others, and is thrown when all have stopped.
 *
 * @param items what to work on, in the order in which they are begun
 * @param how how many at a time, and what stops the work
 * @param work what to do; the signal it is given is also aborted by another's failure
 */
export async function inLanes<T>(
  items: Iterable<T>,
  { lanes, signal }: { lanes: number; signal: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    while (failure === undefined) {
      const { done, value } = queue.next();
      if (done) return;
      try {
        await work(value, either);
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure !== undefined) throw (failure as { error: unknown }).error;
}
