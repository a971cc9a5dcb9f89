/**
 * How a signing service is asked: answers bounded in bytes and time, an idle timeout, few retries, no redirects, and one kind
 * of error that names the service and says what can be done. Tokens are taken out of whatever it says.
 *
 * @module
 */

import { isTheirs, theirs } from "@blobber/core/internal/caller-errors";
import type { Fetch, FetchInit, Notice, OnRequest, RequestEnd } from "@blobber/core";
import { concat } from "@blobber/core/internal/bytes";
import { BlobberError, checkAborted, interruption, isBlobberError } from "@blobber/core/errors";
import { notify } from "@blobber/core/internal/events";
import { isObject } from "@blobber/core/internal/json";
import {
  MAX_MESSAGE_CHARS,
  MAX_SERVICE_BYTES,
  MAX_SERVICE_PAUSE_MS,
  MAX_SERVICE_TRIES,
  SERVICE_BACKOFF_MS,
  SERVICE_IDLE_TIMEOUT_MS,
  SERVICE_TIMEOUT_MS,
} from "@blobber/core/limits";
import { printable, printableSentence, quote } from "@blobber/core/internal/printable";
import { isLoopback } from "@blobber/core/internal/reference";
import {
  type Clock,
  isTemporary,
  retryAfter,
  systemClock,
  withRetries,
} from "@blobber/core/internal/retry";
import { piecesUntil } from "@blobber/core/internal/answer-pieces";
import { CallersError } from "./encoding/callers_error.ts";

/** What every request to a service needs; made once for each signer. */
export interface ServiceContext {
  /** How requests are made. */
  fetch: typeof fetch;
  /** Sent with each request. */
  userAgent: string;
  /** Silence after which a service is given up, in milliseconds. */
  idleTimeoutMs: number;
  /** Time for a whole answer, in milliseconds. */
  timeoutMs: number;
  /** Milliseconds that only grow. */
  now: () => number;
  /** Waits; rejects when the signal fires. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Stops the work. */
  signal?: AbortSignal | undefined;
  /** Told of each request when it is sent, and of its end. */
  onRequest?: OnRequest | undefined;
  /** Told of each request when it has ended. */
  onNotice?: ((notice: Notice) => void) | undefined;
}

/** Who makes requests, and who is told of them: what signing and fetching a trust root have in common. */
export interface RequestOptions {
  /**
   * Makes the requests in place of the platform's `fetch`, as the option of that name of a client does. A
   * `TypeError`, or an error with a code of the system's, means that the network failed, so that the request may
   * be made again; every other error is passed on as it is. @default the platform's `fetch`
   */
  fetch?: Fetch | undefined;
  /** Told of each request when it is sent, and of its end: for traces and counters. */
  onRequest?: OnRequest | undefined;
}

/** One request. */
export interface ServiceRequest {
  /** The service as a person knows it: `Fulcio`, `Rekor`, `timestamp authority`. */
  service: string;
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** Statuses that are answers and not failures, beside 2xx. */
  accept?: number[];
  /** What must not appear in any message. */
  secrets?: string[];
}

/**
 * Tells that a request is sent.
 *
 * @param told who is told
 * @returns what to call once when it has ended
 */
export function tellRequest(
  { onRequest, onNotice }: Pick<ServiceContext, "onRequest" | "onNotice">,
  method: string,
  url: string,
): (end: RequestEnd) => void {
  const { origin, pathname, search } = new URL(url); // a query may hold a token
  const ended = onRequest &&
    theirs(() => onRequest({ method, url: origin + pathname, queuedMs: 0 }));
  return (end) => {
    const what = `${method} ${origin}${printable(pathname, MAX_MESSAGE_CHARS)}${search && "?…"}`;
    const message = `${what}: ${end.status ?? "failed"}`;
    theirs(() => notify({ onNotice }, { level: "debug", code: "request", message }));
    if (ended) theirs(() => ended(end));
  };
}

/** A service said nothing, or too little, for too long. */
class TooSlow extends Error {}

/** What came back. */
export interface ServiceAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A context with the defaults.
 *
 * @param options what differs from them
 */
export function serviceContext(options: Partial<ServiceContext> = {}): ServiceContext {
  return {
    fetch: globalThis.fetch,
    userAgent: "blobber",
    idleTimeoutMs: SERVICE_IDLE_TIMEOUT_MS,
    timeoutMs: SERVICE_TIMEOUT_MS,
    now: () => performance.now(),
    pause: systemClock.delay,
    ...options,
  };
}

/**
 * A function of the caller's that makes requests, as this module asks it.
 *
 * @param given the caller's
 * @returns nothing where none was given
 */
export function fetchBy(given: Fetch | undefined): typeof fetch | undefined {
  if (given === undefined) return undefined;
  return async (input, init = {}) => {
    const url = String(input);
    const { method = "GET", body = null, signal } = init;
    const redirect: FetchInit["redirect"] = init.redirect === "manual" ? "manual" : "follow";
    const { checkedAnswer, isOfNetwork } = await import("@blobber/core/internal/given-fetch");
    let answer: unknown;
    try {
      answer = await given(url, {
        method,
        headers: Object.fromEntries(new Headers(init.headers)),
        body: typeof body === "string" ? encoder.encode(body) : body as Uint8Array<ArrayBuffer>,
        redirect,
        signal: signal ?? new AbortController().signal,
      });
    } catch (error) {
      throw signal?.aborted || isOfNetwork(error) ? error : new CallersError(error);
    }
    const { origin, pathname } = new URL(url);
    const what = `${method} ${printable(origin + pathname, MAX_MESSAGE_CHARS)}`;
    return checkedAnswer(answer, { what, redirect }) as Response;
  };
}

const encoder = new TextEncoder();

/**
 * Checks the address of a service.
 *
 * @param text the URL
 * @param what whose it is, for the message
 * @param secret whether a token goes there, so that it must be https, or this machine
 * @returns the URL without a slash at its end
 * @throws {BlobberError} `invalid-option`
 */
export function serviceUrl(text: string, what: string, secret: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const expected = secret ? "https, or http on this machine" : "https or http";
  const plain = url?.protocol === "http:" && (!secret || isLoopback(url.host));
  if (url === undefined || !(url.protocol === "https:" || plain)) {
    throw new BlobberError(
      "invalid-option",
      `invalid ${what}: ${quote(text)}, expected ${expected}`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new BlobberError(
      "invalid-option",
      `invalid ${what}: ${quote(url.origin)} with credentials or a fragment, expected neither`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

/**
 * Asks a service. What may have been lost on the way is asked again: adding the same entry twice gives the
 * same entry, and a second certificate does no harm.
 *
 * @throws {BlobberError} `signing-service`, `interrupted`
 */
export async function askService(
  context: ServiceContext,
  request: ServiceRequest,
): Promise<ServiceAnswer> {
  const { signal } = context;
  const clock: Clock = { ...systemClock, delay: context.pause };
  const isAnswer = ({ status }: ServiceAnswer) =>
    status >= 200 && status < 300 || request.accept?.includes(status);
  const ending = await withRetries(() => askServiceOnce(context, request), {
    clock,
    signal,
    maxTries: MAX_SERVICE_TRIES,
    maxPauseMs: MAX_SERVICE_PAUSE_MS,
    backoff: { firstMs: SERVICE_BACKOFF_MS, factor: 4 },
    classify: (outcome) => {
      if ("error" in outcome) {
        const { error } = outcome;
        // One that took too long is not waited for again.
        const stands = signal?.aborted || error instanceof BlobberError ||
          error instanceof TooSlow || error instanceof CallersError || isTheirs(error);
        return stands ? "stands" : { mayPass: reasonOf(error) };
      }
      const { status, headers } = outcome.answer;
      if (isAnswer(outcome.answer) || !isTemporary(status)) return "stands";
      const pauseMs = retryAfter(headers.get("retry-after"), clock);
      return { mayPass: `answered ${status}`, pauseMs };
    },
  });
  const last = ending.kind === "given-up" ? ending.last : ending;
  if ("answer" in last) {
    if (isAnswer(last.answer)) return last.answer;
    throw refused(request, last.answer);
  }
  checkAborted(signal);
  if (isBlobberError(last.error) || isTheirs(last.error)) throw last.error;
  if (last.error instanceof CallersError) throw last.error.thrown;
  throw serviceFailed(request, `did not answer: ${reasonOf(last.error)}`, last.error);
}

/**
 * The answer's body as a JSON object.
 *
 * @throws {BlobberError} `signing-service`
 */
export function jsonOf(request: ServiceRequest, answer: ServiceAnswer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(answer.bytes),
    );
    if (isObject(value)) return value;
  } catch { // said below
  }
  throw serviceFailed(request, "answered something else than a JSON object");
}

/** The error for a service that answered, but not with what it should: what came back is not used. */
export function serviceFailed(
  request: ServiceRequest,
  what: string,
  cause?: unknown,
): BlobberError {
  return new BlobberError(
    "signing-service",
    withoutSecrets(
      `${request.service} at ${printable(new URL(request.url).host)} ${what}`,
      request,
    ),
    { hint: "try again later, or sign with a key of your own, which needs no service", cause },
  );
}

/**
 * Asks once and takes any status for an answer.
 *
 * @throws {BlobberError} `signing-service` for an answer too large; whatever `fetch` throws
 */
export async function askServiceOnce(
  context: ServiceContext,
  request: ServiceRequest,
): Promise<ServiceAnswer> {
  const { url, method = request.body === undefined ? "GET" : "POST", headers, body } = request;
  const until = context.now() + context.timeoutMs;
  const idle = new AbortController();
  const stop = () => idle.abort(interruption(context.signal!));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const awake = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => idle.abort(new TooSlow(`no byte came for ${context.idleTimeoutMs / 1000} s`)),
      context.idleTimeoutMs,
    );
  };
  checkAborted(context.signal);
  context.signal?.addEventListener("abort", stop, { once: true });
  let told: ((end: RequestEnd) => void) | undefined;
  const end: RequestEnd = { bytes: 0 };
  try {
    told = tellRequest(context, method, url);
    awake();
    // A redirect would carry the token to another place than it was meant for.
    const response = await context.fetch(url, {
      method,
      headers: { "user-agent": context.userAgent, "accept-encoding": "identity", ...headers },
      redirect: "manual",
      signal: idle.signal,
      ...(body !== undefined && { body }),
    });
    end.status = response.status;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of piecesUntil(response.body, idle)) {
      awake();
      end.bytes += part.length;
      if (context.now() >= until) {
        throw new TooSlow(`its answer was not whole after ${context.timeoutMs / 1000} s`);
      }
      size += part.length;
      if (size > MAX_SERVICE_BYTES) {
        throw serviceFailed(request, `answered more than ${MAX_SERVICE_BYTES} bytes`);
      }
      parts.push(part);
    }
    return { status: response.status, headers: response.headers, bytes: concat(...parts) };
  } catch (error) {
    const why = idle.signal.aborted ? idle.signal.reason : error;
    end.error = why;
    throw why;
  } finally {
    told?.(end);
    clearTimeout(timer);
    context.signal?.removeEventListener("abort", stop);
  }
}

function refused(request: ServiceRequest, answer: ServiceAnswer): BlobberError {
  if (answer.status >= 300 && answer.status < 400) {
    return serviceFailed(
      request,
      `answered with a redirect (${answer.status}), which is not followed`,
    );
  }
  const said = messageIn(answer.bytes);
  return serviceFailed(request, `answered ${answer.status}${said === "" ? "" : `: ${said}`}`);
}

/** What an error body says: the `message` of JSON, else its text. */
function messageIn(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  let message: unknown = text;
  try {
    const value: unknown = JSON.parse(text);
    message = isObject(value) ? value.message ?? value.error_description ?? value.error : "";
  } catch { // plain text
  }
  return typeof message === "string" ? printable(message.trim(), MAX_MESSAGE_CHARS) : "";
}

/** Takes secrets out, also when they were cut or joined to other text. */
function withoutSecrets(text: string, request: ServiceRequest): string {
  const parts = (request.secrets ?? []).flatMap((secret) => [secret, ...secret.split(".")])
    .filter((part) => part.length >= 8);
  for (const part of parts) text = text.replaceAll(part, "[token]");
  return text.replace(
    /[\w-]{12,}/g,
    (run) =>
      parts.some((part) => part.includes(run) || run.includes(part.slice(0, 12))) ? "[token]" : run,
  );
}

/** The innermost words of a failed fetch, which wrap one another. */
export function reasonOf(error: unknown): string {
  let inner = error;
  for (
    let depth = 0;
    depth < 5 && inner instanceof Error && inner.cause instanceof Error;
    depth++
  ) {
    inner = inner.cause;
  }
  if (isBlobberError(inner)) return printableSentence(inner.message, MAX_MESSAGE_CHARS);
  return printable(inner instanceof Error ? inner.message : String(inner), MAX_MESSAGE_CHARS);
}
