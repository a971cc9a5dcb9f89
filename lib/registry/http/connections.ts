/**
 * The connections of one user: an engine that others may share, the queue before it, and an end. The engine and
 * the queue for each host are shared by all in the process that connect in the same way, since descriptors are
 * the process's. See `slots.ts` for why the queue moves.
 *
 * @module
 */

import { BlobberError, checkAborted, interruption } from "../../errors.ts";
import type { OnRequest, RequestEnd } from "../../events.ts";
import type { BodyReader, Engine, HttpRequest, HttpResponse } from "./exchange.ts";
import { Slots, type Yielding } from "./slots.ts";

/** A download was taken from its reader: the next read is to ask for the rest. */
export class TakenError extends Error {
  override readonly name = "TakenError";
}

/** An engine, and the queues before it. */
export class SharedEngine {
  readonly engine: Engine;
  readonly #slots = new Map<string, Slots>();
  readonly #count: number;

  /**
   * @param engine makes the exchanges
   * @param count connections to one host at a time
   */
  constructor(engine: Engine, count: number) {
    this.engine = engine;
    this.#count = count;
  }

  /** The queue for a host. */
  slotsFor({ origin }: URL): Slots {
    let slots = this.#slots.get(origin);
    if (slots === undefined) {
      slots = new Slots(this.#count);
      this.#slots.set(origin, slots);
    }
    return slots;
  }
}

/** What a user of connections is told, and what happens when it needs none any more. */
export interface ConnectionsOptions {
  onRequest?: OnRequest | undefined;
  /** Called once when they are closed. */
  released?: (() => void) | undefined;
}

/** One user's way to hosts: an engine that waits its turn, counts, and can be closed. */
export class Connections implements Engine {
  readonly #shared: SharedEngine;
  readonly #options: ConnectionsOptions;
  readonly #open = new Set<Exchange>();
  #closed: BlobberError | undefined;

  /** @param shared the engine and its queues */
  constructor(shared: SharedEngine, options: ConnectionsOptions = {}) {
    this.#shared = shared;
    this.#options = options;
  }

  /** As {@linkcode Engine.send}, when it is its turn. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    checkAborted(request.signal);
    if (this.#closed !== undefined) throw this.#closed;
    const slots = request.uncounted ? undefined : this.#shared.slotsFor(request.url);
    const exchange = new Exchange(request, slots, () => this.#open.delete(exchange));
    this.#open.add(exchange);
    return await exchange.send(this.#shared.engine, this.#options.onRequest);
  }

  /** As {@linkcode Engine.pilesUp}. */
  pilesUp(url: URL): boolean {
    return this.#shared.engine.pilesUp?.(url) ?? false;
  }

  /** Whether a request to this host would have to wait. */
  isFull(url: URL): boolean {
    return this.#shared.slotsFor(url).full;
  }

  /**
   * Asks for leave to send a body to a host that is made while it is sent.
   *
   * @returns what gives it back; nothing when it must be sent when it is complete
   */
  permitLive(url: URL): (() => void) | undefined {
    return this.#shared.slotsFor(url).permit();
  }

  /** Ends what is under way, and what waits, with `closed`. Safe to call twice. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new BlobberError("closed", "the connections to the registry are closed");
    for (const exchange of [...this.#open]) exchange.stop(this.#closed);
    this.#options.released?.();
  }
}

/** One exchange: it waits for a slot, and holds it until its answer's body was read or given up. */
class Exchange implements BodyReader, Yielding {
  readonly #request: HttpRequest;
  readonly #slots: Slots | undefined;
  readonly #ended: () => void;
  readonly #stop = new AbortController();
  #body: BodyReader | undefined;
  #tell: ((end: RequestEnd) => void) | void = undefined;
  #status: number | undefined;
  #bytes = 0;
  #holds = false;
  #over = false;
  /** Why it is over, where that is to be told to who reads on. */
  #why: unknown;

  constructor(request: HttpRequest, slots: Slots | undefined, ended: () => void) {
    this.#request = request;
    this.#slots = slots;
    this.#ended = ended;
    request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.stop(interruption(this.#request.signal!));

  async send(engine: Engine, onRequest: OnRequest | undefined): Promise<HttpResponse> {
    const { method, url, headers } = this.#request;
    try {
      const asked = performance.now();
      const waiting = this.#slots?.take(this.#stop.signal);
      if (waiting !== undefined) await waiting;
      this.#holds = true;
      if (onRequest !== undefined) {
        const queuedMs = waiting === undefined ? 0 : performance.now() - asked;
        const range = headers["range"];
        this.#tell = onRequest({
          method,
          url: url.origin + url.pathname, // a query may hold a signature
          ...(range !== undefined && { range }),
          queuedMs,
        });
      }
      const response = await engine.send({ ...this.#request, signal: this.#stop.signal });
      this.#status = response.status;
      this.#body = response.body;
      if (this.#stop.signal.aborted) { // at the last moment
        void response.body.cancel().catch(() => {});
        throw interruption(this.#stop.signal);
      }
      this.#pause();
      return { ...response, body: this };
    } catch (error) {
      this.#end(error);
      throw this.#why ?? error;
    }
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#over) return this.#afterEnd();
    this.#slots?.resume(this);
    try {
      const piece = await this.#body!.read();
      if (piece === undefined) {
        this.#end();
        return this.#afterEnd();
      }
      this.#bytes += piece.length;
      this.#pause();
      return piece;
    } catch (error) {
      this.#end(error);
      throw this.#why ?? error;
    }
  }

  async cancel(): Promise<void> {
    if (this.#over) return;
    this.#end();
    await this.#body?.cancel();
  }

  taken(): void {
    this.#holds = false;
    this.#why = new TakenError("the connection was given to another request");
    this.#end();
    void this.#body?.cancel().catch(() => {});
  }

  /** Ends it, wherever it is. */
  stop(reason: unknown): void {
    if (this.#over) return;
    this.#why = reason;
    this.#stop.abort(reason);
    // While it waits, or waits for its answer, the signal ends it.
    if (this.#body === undefined) return;
    this.#end(reason);
    void this.#body.cancel().catch(() => {});
  }

  #pause(): void {
    if (this.#request.resumable && !this.#over) this.#slots?.pause(this);
  }

  #end(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#slots?.resume(this);
    if (this.#holds) this.#slots?.give();
    this.#holds = false;
    this.#ended();
    try {
      this.#tell?.({
        ...(this.#status !== undefined && { status: this.#status }),
        bytes: this.#bytes,
        ...(error !== undefined && { error }),
      });
    } catch (thrown) {
      this.#why ??= thrown; // it may be a timer that called
    }
  }

  #afterEnd(): undefined {
    if (this.#why !== undefined) throw this.#why;
  }
}
