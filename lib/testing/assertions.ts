/**
 * What rules demand of a store, and the error that says that it did otherwise.
 *
 * @module
 */

import { type Code, isBlobberError } from "../errors.ts";
import { printable } from "../text/printable.ts";

/**
 * A store has broken a rule. Its message says which, what happened, and what was expected.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@blobber/core";
 * import { storeTests, StoreTestError } from "@blobber/core/testing";
 *
 * class Forgetful extends MemoryStore {
 *   override tag(): Promise<void> {
 *     return Promise.resolve();
 *   }
 * }
 * const tests = storeTests({ create: () => ({ store: new Forgetful() }) });
 * const outcomes = await Promise.allSettled(tests.map(({ run }) => run()));
 * if (!outcomes.some((one) => one.status === "rejected" && one.reason instanceof StoreTestError)) {
 *   throw new Error("expected a broken rule");
 * }
 * ```
 */
export class StoreTestError extends Error {
  /** Tells it from other errors. */
  override readonly name = "StoreTestError";

  /**
   * Says how a rule is broken.
   *
   * @param message what happened, and what was expected
   * @param options the store's own error, where there is one
   */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
  }
}

/**
 * Demands that two values are the same, compared as JSON.
 *
 * @param what what the store gave, as the beginning of a sentence
 */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [is, wanted] = [shown(actual), shown(expected)];
  if (is !== wanted) throw new StoreTestError(`${what} is ${is}, expected ${wanted}`);
}

/**
 * Demands that a call is refused in a way that a program can tell.
 *
 * @param what the call, as the beginning of a sentence
 * @param code of the {@linkcode BlobberError}
 */
export async function refused(
  what: string,
  call: () => Promise<unknown>,
  code: Code,
): Promise<void> {
  const wanted = `expected a BlobberError with the code "${code}"`;
  try {
    await call();
  } catch (error) {
    if (isBlobberError(error, code)) return;
    throw new StoreTestError(`${what} is refused with ${shownError(error)}, ${wanted}`, {
      cause: error,
    });
  }
  throw new StoreTestError(`${what} is not refused, ${wanted}`);
}

/**
 * Demands that a call stops because of its signal: with the signal's reason, or `interrupted` because of it.
 *
 * @param reason of the signal
 */
export async function stopped(
  what: string,
  call: () => Promise<unknown>,
  reason: unknown,
): Promise<void> {
  const wanted = 'expected the reason of the signal, or a BlobberError with the code "interrupted"';
  try {
    await call();
  } catch (error) {
    if (error === reason || isBlobberError(error, "interrupted")) return;
    throw new StoreTestError(`${what} rejects with ${shownError(error)}, ${wanted}`, {
      cause: error,
    });
  }
  throw new StoreTestError(`${what} goes on although its signal was aborted, ${wanted}`);
}

/**
 * Demands that a call succeeds.
 *
 * @param what the call, as the beginning of a sentence
 */
export async function done<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StoreTestError) throw error;
    throw new StoreTestError(`${what} fails with ${shownError(error)}, expected success`, {
      cause: error,
    });
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

function shownError(error: unknown): string {
  if (isBlobberError(error)) return `a BlobberError with the code "${error.code}"`;
  return printable(String(error), 300);
}
