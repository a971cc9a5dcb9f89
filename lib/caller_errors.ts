/**
 * Errors of the caller's own code. What a callback, a store, a signer, a verifier or a source of theirs throws
 * comes back to them as it was thrown: only they know what it means. It is marked where their code is called.
 * And their code may never come back: a wait for it hears the signal all the same.
 *
 * @module
 */

import { checkAborted, interruption } from "./errors.ts";

const THEIRS = new WeakSet<object>();

/**
 * Marks what the caller's code threw, which may be an error of ours, too.
 *
 * @returns the same
 */
export function markTheirs<E>(thrown: E): E {
  if (isObject(thrown)) THEIRS.add(thrown);
  return thrown;
}

/** Whether the caller's code threw it. What is no object is theirs: nothing of the library throws such. */
export function isTheirs(thrown: unknown): boolean {
  return !isObject(thrown) || THEIRS.has(thrown);
}

/**
 * Calls code of the caller's. What it throws, at once or by the promise that it returns, is marked as theirs.
 *
 * @param call calls it
 * @returns what it returned
 */
export function theirs<T>(call: () => T): T {
  try {
    const returned = call();
    if (!isThenable(returned)) return returned;
    return returned.then(undefined, (thrown: unknown) => {
      throw markTheirs(thrown);
    }) as T;
  } catch (thrown) {
    throw markTheirs(thrown);
  }
}

/**
 * As {@linkcode theirs}, and waits for what it returned until a signal fires.
 *
 * @param signal ends the wait
 * @param call calls it
 * @param late lets go of what comes when it is not waited for any more
 * @throws {BlobberError} `interrupted`, `closed`, and what their code throws
 */
export async function theirsUntil<T>(
  signal: AbortSignal | undefined,
  call: () => T | PromiseLike<T>,
  late?: (value: T) => unknown,
): Promise<T> {
  checkAborted(signal);
  return await untilAborted(signal, theirs(call), late);
}

/** As {@linkcode theirsUntil}, where the caller's code was called elsewhere. */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: T | PromiseLike<T>,
  late: (value: T) => unknown = () => {},
): Promise<T> {
  if (signal === undefined || !isThenable(work)) return await work;
  let stop = () => {};
  const stopped = new Promise<never>((_, fail) => {
    stop = () => fail(interruption(signal));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  let isOver = false;
  try {
    const value = await Promise.race([stopped, work]);
    isOver = true;
    return value;
  } finally {
    signal.removeEventListener("abort", stop);
    if (!isOver) Promise.resolve(work).then(late).catch(() => {});
  }
}

/**
 * Items one by one, of what is the caller's, until a signal fires. An error of who asks for the next does not
 * come in here.
 *
 * @param items theirs
 * @param signal ends the wait for the next
 */
export async function* eachTheirs<T>(
  items: AsyncIterable<T> | Iterable<T>,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const iterator = theirs(() =>
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  );
  let isWaiting = false;
  let isDone = false;
  try {
    for (;;) {
      isWaiting = true;
      const next = await theirsUntil(signal, () => iterator.next());
      isWaiting = false;
      isDone = next.done ?? false;
      if (isDone) return;
      yield next.value;
    }
  } finally {
    // What threw has let go already.
    if (!isDone && (!isWaiting || signal?.aborted)) {
      await letGo(signal, theirs(() => iterator.return?.()));
    }
  }
}

/**
 * Waits until their code has let go of what it holds, and not longer than until the signal fires: it may be what
 * does not come back.
 */
export async function letGo(signal: AbortSignal | undefined, gone: unknown): Promise<void> {
  try {
    await untilAborted(signal, gone);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/**
 * Does some work, and lets go of what it used. What the work fails with comes out, whatever letting go fails with.
 *
 * @param work the work
 * @param end lets go
 * @returns what the work returned
 */
export async function andLetGo<T>(
  work: () => Promise<T>,
  end: () => Promise<unknown>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    try {
      await end();
    } catch {
      // it comes of the same trouble
    }
    throw error;
  }
  await end();
  return result;
}

/** Catches the rejection of a promise that was refused as an answer. */
export function disregard(answer: unknown): void {
  if (isThenable(answer)) answer.then(undefined, () => {});
}

/** Whether something is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null || typeof value === "function";
}
