/**
 * The engine for Deno: `fetch`, whose streams are the fastest way in and out there and hold the least
 * memory. It is not used under Node and Bun: Node's `fetch` decodes what a CDN labels as compressed
 * (which breaks digests) and knows neither proxies nor certificates of one's own.
 *
 * A streamed request body goes out chunked, whatever its length: `fetch` drops Content-Length.
 *
 * @module
 */

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

/** Memory that a body is read through: what one read of a socket gives at most. */
const SCRATCH = 256 * 1024;

/** `fetch` with the client of `lib/system/runtime.ts`. */
export class FetchEngine implements Engine {
  readonly #client: { close(): void };

  /** @param client a `Deno.HttpClient`: HTTP/1.1, with its proxy and certificates */
  constructor(client: { close(): void }) {
    this.#client = client;
  }

  /** As {@linkcode Engine.close}. */
  close(): void {
    this.#client.close();
  }

  /** As {@linkcode Engine.send}. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const guard = new ExchangeGuard(request);
    const { watch, stop } = guard;
    try {
      watch.start();
      const init: RequestInit & { client: object; duplex?: "half" } = {
        method: request.method,
        headers: request.headers,
        redirect: "manual",
        signal: stop.signal,
        client: this.#client,
        ...(isStreamBody(request.body)
          ? { body: outgoing(request.body, watch), duplex: "half" }
          : { body: (request.body ?? null) as Uint8Array<ArrayBuffer> | null }),
      };
      const response = await fetch(request.url, init);
      watch.stop();
      return {
        status: response.status,
        headers: response.headers,
        url: request.url,
        body: new FetchBody(response, guard),
      };
    } catch (cause) {
      throw guard.failure(cause, (cause) => exchangeError(cause, guard.what));
    }
  }
}

/** A body as a stream that asks for a piece only when the last one is gone, and never holds two. */
function outgoing(body: StreamBody, watch: IdleWatch): ReadableStream<Uint8Array> {
  const pieces = body.open();
  let sent: ArrayBuffer | undefined;
  // The runtime has taken hold of the piece before; the collector would come for our name of it too late.
  const release = () => {
    sent?.transfer(0);
    sent = undefined;
  };
  return new ReadableStream({
    async pull(controller) {
      release();
      watch.stop(); // until there is a piece it is our turn
      const { value, done } = await pieces.next();
      watch.start();
      if (done) return controller.close();
      // The piece's owner may write to it once the next is asked for.
      const piece = value.slice();
      sent = piece.buffer;
      controller.enqueue(piece);
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
}

class FetchBody implements BodyReader {
  readonly #reader: ReadableStreamBYOBReader | undefined;
  readonly #guard: ExchangeGuard;
  readonly #trickle: TrickleWatch;
  #scratch = new ArrayBuffer(0);
  #ended = false;

  constructor(response: Response, guard: ExchangeGuard) {
    this.#guard = guard;
    this.#trickle = new TrickleWatch(guard.idleMs);
    this.#reader = response.body?.getReader({ mode: "byob" });
    // Deno forgets to end a body by its request's signal once the request was collected (see `answer_pieces.ts`).
    guard.stop.signal.addEventListener("abort", this.#onStop);
    if (this.#reader === undefined) this.#end();
  }

  readonly #onStop = (): void => void this.#reader?.cancel().catch(() => {});

  async read(): Promise<Uint8Array | undefined> {
    if (this.#ended || this.#reader === undefined) return undefined;
    const { watch, what, idleMs, stop } = this.#guard;
    if (this.#scratch.byteLength === 0) this.#scratch = new ArrayBuffer(SCRATCH);
    const began = performance.now();
    watch.start();
    try {
      const { value, done } = await this.#reader.read(new Uint8Array(this.#scratch));
      watch.stop();
      if (stop.signal.aborted) throw stop.signal.reason; // the end may be one that we made
      if (done || value === undefined) return this.#end();
      this.#scratch = value.buffer;
      if (this.#trickle.tooSlow(performance.now() - began, value.length)) {
        throw idleError(what, idleMs);
      }
      return value;
    } catch (cause) {
      const error = this.#guard.failure(cause, (cause) => exchangeError(cause, what));
      await this.cancel();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#end();
    await this.#reader?.cancel().catch(() => {});
  }

  #end(): undefined {
    this.#ended = true;
    this.#scratch = new ArrayBuffer(0);
    this.#guard.stop.signal.removeEventListener("abort", this.#onStop);
    this.#guard.release();
    return undefined;
  }
}
