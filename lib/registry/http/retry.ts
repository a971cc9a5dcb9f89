/**
 * What is tried again, when, and how often.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_RETRY_AFTER_MS, MAX_TRIES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import type { HttpResponse } from "./exchange.ts";
import { ExchangeError } from "./failure.ts";

/** Time, as far as the transport needs it; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

/** The real time. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  delay: (ms, signal) =>
    new Promise((done, fail) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        clearTimeout(timer);
        fail(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        done();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/**
 * The pause before another try: it doubles each time, and half of it is random, so that many clients that
 * failed together do not come back together.
 *
 * @param tries how many tries there were
 * @param clock gives the random part
 */
export function backoff(tries: number, clock: Clock): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
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

/** What to do after a try. */
export type Verdict =
  | { again: false }
  | { again: true; pauseMs: number; why: string };

/**
 * Judges an answer or an error.
 *
 * @param outcome of one try
 * @param tries how many there were
 * @param clock time
 * @throws {BlobberError} `rate-limited` when the registry asks for a longer pause than anybody waits
 */
export function judge(
  outcome: { response: HttpResponse } | { error: unknown },
  tries: number,
  clock: Clock,
): Verdict {
  if ("error" in outcome) {
    const { error } = outcome;
    const again = error instanceof ExchangeError && error.retryable && tries < MAX_TRIES;
    return again ? { again, pauseMs: backoff(tries, clock), why: error.message } : { again: false };
  }
  const { status, headers, url } = outcome.response;
  if (!isTemporary(status)) return { again: false };
  const asked = retryAfter(headers.get("retry-after"), clock);
  if (asked !== undefined && asked > MAX_RETRY_AFTER_MS) {
    if (status === 429) throw rateLimited(url.host, asked, clock);
    return { again: false };
  }
  if (tries >= MAX_TRIES) {
    if (status === 429) throw rateLimited(url.host, asked, clock);
    return { again: false };
  }
  // A registry that says "at once" is not hammered.
  const pauseMs = Math.max(asked ?? 0, asked === undefined ? backoff(tries, clock) : 100);
  return { again: true, pauseMs, why: `${url.host} answered ${status}` };
}

function rateLimited(host: string, waitMs: number | undefined, clock: Clock): BlobberError {
  const end = waitMs === undefined ? undefined : clock.now() + waitMs;
  // A date beyond what a Date can hold is not one that anybody waits for.
  const until = end === undefined || end > 8.64e15
    ? ""
    : ` until ${new Date(end).toISOString().replace(/\.\d+Z$/, "Z")}`;
  return new BlobberError("rate-limited", `rate limit of ${quote(host)} reached${until}`, {
    hint: until === ""
      ? "try again later, or log in: most registries allow more to known users"
      : "try again then, or log in: most registries allow more to known users",
  });
}
