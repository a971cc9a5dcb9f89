/**
 * The engine over a function of the caller's that is as `fetch`. What it answers is input: it is checked before
 * it is used. Loaded where there is one.
 *
 * @module
 */

import { markTheirs } from "../../caller_errors.ts";
import { BlobberError } from "../../errors.ts";
import type { Fetch, FetchInit, FetchResponse } from "../../options.ts";
import { printable, quote } from "../../text/printable.ts";
import { errnoOf } from "../../system/system_error.ts";
import {
  type BodyReader,
  type Engine,
  type HttpRequest,
  type HttpResponse,
  isStreamBody,
  type StreamBody,
} from "./exchange.ts";
import { exchangeError, idleError } from "./failure.ts";
import { ExchangeGuard, type IdleWatch, TrickleWatch } from "./idle.ts";

/**
 * Bytes of a body of known length that are read into memory first: `fetch` sends a stream without saying how
 * long it is, which some registries refuse.
 */
const IN_MEMORY_BYTES = 16 * 1024 * 1024;

/** A function of the caller's in place of connections of our own. */
export class GivenFetch implements Engine {
  readonly #fetch: Fetch;

  /**
   * Takes it.
   *
   * @param fetch the caller's
   */
  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** As {@linkcode Engine.send}; errors of the caller's own are passed on as they are. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const { url } = request;
    const guard = new ExchangeGuard(request);
    const { watch, stop, what } = guard;
    try {
      const init = await initOf(request, watch, stop.signal);
      watch.start();
      const response = checkedAnswer(await this.#answer(url.href, init, stop), {
        ...init,
        what,
      });
      watch.stop();
      const body = new GivenBody(response.body, guard);
      return { status: response.status, headers: headersOf(response), url, body };
    } catch (cause) {
      throw guard.failure(cause, (cause) => explained(cause, what));
    }
  }

  /** The answer, or the signal's reason: what the caller gave may not listen to it. */
  async #answer(url: string, init: FetchInit, stop: AbortController): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { signal } = stop;
    const onAbort = () => reject(stop.signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const fetch = this.#fetch;
    const answering = (async () => await fetch(url, init))();
    try {
      return await Promise.race([answering, promise]);
    } catch (error) {
      answering.then((late) => late?.body?.cancel()).catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

async function initOf(
  { method, headers, body }: HttpRequest,
  watch: IdleWatch,
  signal: AbortSignal,
): Promise<FetchInit> {
  const init = { method, headers: { ...headers }, redirect: "manual" as const, signal };
  if (!isStreamBody(body)) {
    return { ...init, body: (body ?? null) as Uint8Array<ArrayBuffer> | null };
  }
  if (body.length === undefined) return { ...init, body: outgoing(body, watch), duplex: "half" };
  if (body.length <= IN_MEMORY_BYTES) return { ...init, body: await allOf(body, body.length) };
  init.headers["content-length"] = String(body.length);
  return { ...init, body: outgoing(body, watch), duplex: "half" };
}

async function allOf(body: StreamBody, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(length);
  const pieces = body.open();
  let at = 0;
  for (;;) {
    const { value, done } = await pieces.next();
    if (done) return whole.subarray(0, at);
    whole.set(value, at);
    at += value.length;
  }
}

/** A body as a stream that asks for a piece only when one is wanted. */
function outgoing(body: StreamBody, watch: IdleWatch): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = body.open();
  return new ReadableStream({
    async pull(controller) {
      watch.stop(); // until there is a piece it is our turn
      const { value, done } = await pieces.next();
      watch.start();
      if (done) return controller.close();
      // The piece's owner may write to it once the next is asked for.
      controller.enqueue(value.slice());
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
}

/** Whether an error says that the network failed, as `fetch` says it in any of the runtimes. */
export function isOfNetwork(error: unknown): boolean {
  if (error instanceof BlobberError) return false;
  if (error instanceof TypeError || errnoOf(error) !== undefined) return true;
  return error instanceof DOMException && ["TimeoutError", "NetworkError"].includes(error.name);
}

/**
 * Checks what the function answered.
 *
 * @param given the answer
 * @param asked how it was asked, and what that is in messages
 * @throws {BlobberError} `invalid-option` for what is no answer
 */
export function checkedAnswer(
  given: unknown,
  { what, redirect }: Pick<FetchInit, "redirect"> & { what: string },
): FetchResponse {
  const wrong = (how: string, hint?: string) =>
    new BlobberError("invalid-option", `the given fetch answered ${what} ${how}`, { hint });
  if (typeof given !== "object" || given === null) {
    throw wrong(`with ${quote(given)}, expected a Response`);
  }
  const { status, headers, body, redirected } = given as Partial<Response>;
  if (!Number.isInteger(status) || status! < 200 || status! > 599) {
    throw wrong(
      `with the status ${printable(String(status))}, expected one from 200 to 599`,
      status === 0 ? "a redirect must not be hidden: the library checks where it leads" : undefined,
    );
  }
  if (redirected === true && redirect === "manual") {
    throw wrong(
      "after a redirect that it followed, expected the redirect",
      'obey redirect: "manual": the library checks where redirects lead, and takes no secret there',
    );
  }
  if (typeof headers?.get !== "function" || typeof headers.forEach !== "function") {
    throw wrong("without headers, expected a Headers");
  }
  if (body !== null && typeof body?.getReader !== "function") {
    throw wrong("with a body that is no stream, expected a ReadableStream or null");
  }
  return { status: status!, headers, body };
}

/** By the Fetch standard a coding was undone, and the headers still tell of what it was. */
function headersOf({ headers: given }: FetchResponse): Headers {
  const headers = new Headers();
  given.forEach((value, name) => headers.append(name, value));
  const coding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (coding !== "" && coding !== "identity") {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  return headers;
}

/** An error of the network in our words; any other is the caller's own. */
function explained(cause: unknown, what: string): unknown {
  return isOfNetwork(cause) ? exchangeError(cause, what) : markTheirs(cause);
}

class GivenBody implements BodyReader {
  readonly #reader: ReadableStreamDefaultReader<unknown> | undefined;
  readonly #guard: ExchangeGuard;
  readonly #trickle: TrickleWatch;
  #ended = false;

  constructor(body: FetchResponse["body"], guard: ExchangeGuard) {
    this.#guard = guard;
    this.#trickle = new TrickleWatch(guard.idleMs);
    this.#reader = body?.getReader();
    // A body that does not end when its signal fires is not waited for (see `answer_pieces.ts`).
    guard.stop.signal.addEventListener("abort", this.#onStop);
    if (this.#reader === undefined) this.#end();
  }

  readonly #onStop = (): void => void this.#reader?.cancel().catch(() => {});

  async read(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const { watch, what, idleMs, stop } = this.#guard;
    try {
      for (;;) {
        const began = performance.now();
        watch.start();
        const { value, done } = await this.#reader!.read();
        watch.stop();
        if (stop.signal.aborted) throw stop.signal.reason; // the end may be one that we made
        if (done) {
          this.#end();
          return undefined;
        }
        if (!(value instanceof Uint8Array)) {
          throw new BlobberError(
            "invalid-option",
            `the given fetch answered ${what} with a stream of ${typeof value}, expected bytes`,
          );
        }
        if (this.#trickle.tooSlow(performance.now() - began, value.length)) {
          throw idleError(what, idleMs);
        }
        if (value.length > 0) return value;
      }
    } catch (cause) {
      const error = this.#guard.failure(cause, (cause) => explained(cause, what));
      await this.cancel();
      throw error;
    }
  }

  // deno-lint-ignore require-await -- what the caller gave may never answer
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#end();
    this.#reader!.cancel().catch(() => {});
  }

  #end(): void {
    this.#ended = true;
    this.#guard.stop.signal.removeEventListener("abort", this.#onStop);
    this.#guard.release();
  }
}
