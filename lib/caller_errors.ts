/**
 * Errors of the caller's own code. What a callback, a store, a signer, a verifier or a source of theirs throws
 * comes back to them as it was thrown: nobody else knows what it means. It is marked where their code is called.
 *
 * @module
 */

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

/** Items one by one, of what is the caller's. An error of who asks for the next does not come in here. */
export async function* eachTheirs<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (thrown) {
    throw markTheirs(thrown);
  }
}

/** Whether something is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null || typeof value === "function";
}
