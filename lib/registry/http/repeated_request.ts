/**
 * A request to a registry, repeated as long as that may help.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_RETRY_AFTER_MS, MAX_TRIES, NOTABLE_PAUSE_MS } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import type { Clock } from "../../system/clock.ts";
import { discardBody } from "./body.ts";
import type { HttpResponse } from "./exchange.ts";
import { ExchangeError, GivenUpError } from "./failure.ts";
import { isTemporary, type Outcome, type OutcomeClass, retryAfter, withRetries } from "./retry.ts";

/**
 * Makes a request until its answer stands or there were enough tries.
 *
 * @param once makes it once
 * @param how time, what stops it, and who is told of each retry
 * @returns the answer; one that says "later" when it still does after the last try
 * @throws {BlobberError} {@linkcode GivenUpError} when no answer came in any try; `rate-limited`
 */
export async function repeatRequest(
  once: () => Promise<HttpResponse>,
  how: { clock: Clock; signal: AbortSignal | undefined; observer: Pick<Observer, "onNotice"> },
): Promise<HttpResponse> {
  const { clock, signal, observer } = how;
  const ending = await withRetries(once, {
    clock,
    signal,
    maxTries: MAX_TRIES,
    maxPauseMs: MAX_RETRY_AFTER_MS,
    classify: (outcome) => classifyExchange(outcome, clock),
    onRetry: async (outcome, why, pauseMs) => {
      if ("answer" in outcome) await discardBody(outcome.answer);
      notify(observer, {
        level: pauseMs >= NOTABLE_PAUSE_MS ? "warning" : "info",
        code: "retry",
        message: `${why}; trying again in ${(pauseMs / 1000).toFixed(1)} seconds`,
      });
    },
  });
  if (ending.kind === "answered") return ending.answer;
  if (ending.kind === "failed") throw ending.error;
  const { last, pauseMs } = ending;
  if ("error" in last) {
    throw last.error instanceof ExchangeError ? new GivenUpError(last.error) : last.error;
  }
  const { status, url } = last.answer;
  if (status !== 429) return last.answer;
  await discardBody(last.answer);
  throw rateLimited(url.host, pauseMs, clock);
}

function classifyExchange(outcome: Outcome<HttpResponse>, clock: Clock): OutcomeClass {
  if ("error" in outcome) {
    const { error } = outcome;
    return error instanceof ExchangeError && error.mayPass ? { mayPass: error.message } : "stands";
  }
  const { status, headers, url } = outcome.answer;
  if (!isTemporary(status)) return "stands";
  return {
    mayPass: `${url.host} answered ${status}`,
    pauseMs: retryAfter(headers.get("retry-after"), clock),
  };
}

/** The last moment that a `Date` can hold, in milliseconds since 1970 (ECMAScript, "Time Values"). */
const LAST_DATE_MS = 8.64e15;

function rateLimited(host: string, pauseMs: number | undefined, clock: Clock): BlobberError {
  const end = pauseMs === undefined ? undefined : clock.now() + pauseMs;
  const until = end === undefined || end > LAST_DATE_MS
    ? ""
    : ` until ${new Date(end).toISOString().replace(/\.\d+Z$/, "Z")}`;
  return new BlobberError("rate-limited", `rate limit of ${quote(host)} reached${until}`, {
    hint: until === ""
      ? "try again later, or log in: most registries allow more to known users"
      : "try again then, or log in: most registries allow more to known users",
  });
}
