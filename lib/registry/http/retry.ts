/**
 * Trying again: what may be repeated, when, and how often. Registries and signing services are asked by the
 * same loop; each says what an answer or an error of its own means.
 *
 * @module
 */

export { type Clock, systemClock } from "../../system/clock.ts";
import type { Clock } from "../../system/clock.ts";
import { MAX_BACKOFF_MS, MIN_BACKOFF_MS, MIN_RETRY_AFTER_MS } from "../../limits.ts";

/** What came of one try. */
export type Outcome<T> = { answer: T } | { error: unknown };

/** What an outcome means: it stands, or another try may have a better one, after a pause if one is asked for. */
export type OutcomeClass = "stands" | { mayPass: string; pauseMs?: number | undefined };

/** How a request that may be repeated ended. */
export type Ending<T> =
  | { kind: "answered"; answer: T }
  /** With an error that another try does not change. */
  | { kind: "failed"; error: unknown }
  /** The last outcome might pass, but there were enough tries, or the pause that was asked for is too long. */
  | { kind: "given-up"; last: Outcome<T>; pauseMs: number | undefined };

/** How pauses grow. */
export interface Backoff {
  /** The longest that the first one may be, in milliseconds. */
  firstMs: number;
  /** How much longer each is than the one before. */
  factor: number;
}

/** The rules of one kind of request. */
export interface RetryRules<T> {
  /** Time. */
  clock: Clock;
  /** Ends the pauses; the call then rejects with its reason. */
  signal?: AbortSignal | undefined;
  /** Tries, the first included. */
  maxTries: number;
  /** The longest pause that an answer may ask for, in milliseconds. */
  maxPauseMs: number;
  /** Pauses that no answer asks for. @default from a quarter of a second, twice as long each time */
  backoff?: Backoff | undefined;
  /** What an outcome means. */
  classify(outcome: Outcome<T>): OutcomeClass;
  /** Called before each pause; releases what the outcome holds. */
  onRetry?(outcome: Outcome<T>, why: string, pauseMs: number): void | Promise<void>;
}

/**
 * Makes a request until its outcome stands, or it is given up.
 *
 * @param attempt makes it once
 * @param rules what may be repeated, and how often
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  rules: RetryRules<T>,
): Promise<Ending<T>> {
  const { clock, signal } = rules;
  for (let tries = 1;; tries++) {
    const outcome = await outcomeOf(attempt);
    const meaning = rules.classify(outcome);
    if (meaning === "stands") {
      return "answer" in outcome
        ? { kind: "answered", answer: outcome.answer }
        : { kind: "failed", error: outcome.error };
    }
    const { mayPass, pauseMs: asked } = meaning;
    if (tries >= rules.maxTries || (asked ?? 0) > rules.maxPauseMs) {
      return { kind: "given-up", last: outcome, pauseMs: asked };
    }
    // A server that says "at once" is not hammered.
    const pauseMs = asked === undefined
      ? backoff(tries, clock, rules.backoff)
      : Math.max(asked, MIN_RETRY_AFTER_MS);
    await rules.onRetry?.(outcome, mayPass, pauseMs);
    await clock.delay(pauseMs, signal);
  }
}

/**
 * What comes of one try.
 *
 * @param attempt makes it
 */
export async function outcomeOf<T>(attempt: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await attempt() };
  } catch (error) {
    return { error };
  }
}

/**
 * The pause before another try: it grows each time, and half of it is random, so that many clients that
 * failed together do not come back together.
 *
 * @param tries how many tries there were
 * @param clock gives the random part
 * @param growth how pauses grow
 */
export function backoff(
  tries: number,
  clock: Clock,
  { firstMs, factor }: Backoff = { firstMs: MIN_BACKOFF_MS, factor: 2 },
): number {
  const full = Math.min(MAX_BACKOFF_MS, firstMs * factor ** (tries - 1));
  return Math.round(full / 2 + clock.random() * full / 2);
}

/**
 * Whether a status says "later", so that the same request may be sent again (RFC 9110, 15; RFC 6585, 4).
 *
 * @param status of an answer
 */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500 && status !== 501 && status !== 505;
}

/**
 * How long a `Retry-After` asks to wait, in milliseconds: seconds or a date (RFC 9110, 10.2.3). What is
 * neither is as if it were absent.
 *
 * @param value of the header
 * @param clock to reckon a date from
 */
export function retryAfter(value: string | null, clock: Clock): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d{1,10}\s*$/.test(value)) return Number(value) * 1000;
  if (!/^\s*[A-Za-z]{3,9},? /.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}
