/**
 * One request to a registry, with everything around it: the scheme, authentication, redirects that are checked,
 * retries. The caller decides what the answer means.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { notify, type Observer, type OnRequest } from "../events.ts";
import { IDLE_TIMEOUT_MS, MAX_CONNECTIONS, MAX_MESSAGE_CHARS, MAX_REDIRECTS } from "../limits.ts";
import type { Credentials } from "../options.ts";
import { printable } from "../text/printable.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { Authenticator } from "./auth/auth.ts";
import type { Scope } from "./auth/scope.ts";
import { bodyInMemory, discardBody } from "./http/body.ts";
import type { Connecting } from "./http/connection.ts";
import { Connections, SharedEngine } from "./http/connections.ts";
import { openConnections } from "./http/engine.ts";
import {
  type Engine,
  type HttpRequest,
  type HttpResponse,
  isRedirect,
  isStreamBody,
} from "./http/exchange.ts";
import type { HopPolicy } from "./http/redirect.ts";
import { repeatRequest } from "./http/repeated_request.ts";
import { SchemeChoice } from "./http/scheme.ts";

/** What tests replace. */
export interface Seams {
  clock?: Clock | undefined;
  engine?: Engine | undefined;
  /** Silence after which a connection is given up, in milliseconds. */
  idleMs?: number | undefined;
}

/** What a transport is made for. */
export interface TransportOptions {
  /** Host for messages, canonical. */
  host: string;
  /** Host that is connected to. */
  endpoint: string;
  connection: Connecting;
  credentials: () => Promise<Credentials | undefined>;
  userAgent: string;
  observer: Pick<Observer, "onNotice"> & { onRequest?: OnRequest | undefined };
  seams?: Seams | undefined;
}

/** A request to the registry. */
export interface RegistryRequest {
  method: string;
  /** A path with query, or a URL that the registry gave out and that was checked. */
  to: string | URL;
  scope: Scope;
  headers?: Record<string, string> | undefined;
  body?: HttpRequest["body"];
  signal?: AbortSignal | undefined;
  /** Whether it may be sent again after a failure. @default true unless its body cannot be replayed */
  retry?: boolean | undefined;
  /** Whether a reader of the answer that pauses can ask for the rest: see {@linkcode HttpRequest.resumable}. */
  resumable?: boolean | undefined;
  /** As {@linkcode HttpRequest.uncounted}. */
  uncounted?: boolean | undefined;
}

/** The way to one registry. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #auth: Authenticator;
  readonly #scheme: SchemeChoice;
  /** Made when the registry sends us somewhere: it has answered then, and the scheme is settled. */
  #policy: Promise<HopPolicy> | undefined;

  /** @param options the registry, and how it is reached */
  constructor(options: TransportOptions) {
    const { connection, seams = {} } = options;
    this.#options = options;
    const { onRequest } = options.observer;
    this.#connections = seams.engine === undefined
      ? openConnections(connection, onRequest)
      : new Connections(
        new SharedEngine(seams.engine, connection.maxConnections ?? MAX_CONNECTIONS),
        { onRequest },
      );
    this.#clock = seams.clock ?? systemClock;
    this.#idleMs = seams.idleMs ?? IDLE_TIMEOUT_MS;
    this.#scheme = new SchemeChoice(options.endpoint, connection);
    this.#auth = new Authenticator({
      host: options.host,
      check: (location, from, what) => this.checkLocation(location, from, what),
      clock: this.#clock,
      credentials: options.credentials,
      send: (request) =>
        this.#repeating(() => this.#send({ ...request, idleMs: this.#idleMs }), request.signal),
    });
  }

  /** Whether a long answer is better asked for in parts: see {@linkcode Engine.pilesUp}. */
  get pilesUp(): boolean {
    return this.#connections.pilesUp(this.#scheme.origin);
  }

  /** As {@linkcode Connections.isFull}. */
  isFull(url: URL): boolean {
    return this.#connections.isFull(url);
  }

  /** As {@linkcode Connections.permitLive}. */
  permitLive(url: URL): (() => void) | undefined {
    return this.#connections.permitLive(url);
  }

  /** Ends what is under way with `closed`. Safe to call twice. */
  close(): void {
    this.#connections.close();
  }

  /** Takes secrets out of text that the registry sent. */
  redact(text: string): string {
    return this.#auth.redact(text);
  }

  /** Checks a place that the registry names: see {@linkcode HopPolicy.check}. */
  async checkLocation(location: string, from: URL, what: string): Promise<URL> {
    this.#policy ??= import("./http/redirect.ts").then(({ HopPolicy }) =>
      new HopPolicy(this.#scheme.origin)
    );
    return (await this.#policy).check(location, from, what);
  }

  /**
   * Sends a request and returns the answer, whatever its status. Redirects were followed, what may be tried
   * again was, and a 401 is one that stands after authentication.
   *
   * @param request what to ask
   * @throws {BlobberError} `network`, `timeout`, `tls`, `rate-limited`, `unauthorized`
   */
  async request(request: RegistryRequest): Promise<HttpResponse> {
    const replayable = !isStreamBody(request.body) || request.body.replayable;
    const retry = request.retry ?? replayable;
    const once = () => this.#authenticated(request, replayable);
    return retry ? await this.#repeating(once, request.signal) : await once();
  }

  #repeating(
    once: () => Promise<HttpResponse>,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    return repeatRequest(once, { clock: this.#clock, signal, observer: this.#options.observer });
  }

  async #authenticated(request: RegistryRequest, replayable: boolean): Promise<HttpResponse> {
    const { scope, signal } = request;
    let header = await this.#auth.header(scope, this.#scheme.origin, signal);
    for (let refreshed = false;; refreshed = true) {
      const response = await this.#following(request, header);
      if (response.status !== 401) return response;
      // Only the registry's own 401 is a challenge to us: an answer to another host's would be its credentials.
      if (response.url.origin !== this.#scheme.origin.origin) throw await this.#elsewhere(response);
      if (refreshed || !replayable) return response;
      // Read before a token is asked for, or credentials: nothing waits with a connection in hand.
      const refused = await bodyInMemory(response);
      const next = await this.#auth.answer(refused, { scope, used: header }, signal);
      if (next === undefined) return refused;
      header = next;
    }
  }

  async #elsewhere(response: HttpResponse): Promise<BlobberError> {
    await discardBody(response);
    const { host } = this.#options;
    const other = printable(response.url.host, MAX_MESSAGE_CHARS);
    return new BlobberError(
      "unauthorized",
      `authentication failed: ${host} sends this request on to ${other}, which asks for credentials ` +
        `of its own; those of ${host} are not sent there`,
      { hint: `if the registry has moved, name ${other} in the reference, and log in to it` },
    );
  }

  async #following(
    request: RegistryRequest,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { method, body, signal, resumable, uncounted } = request;
    const idleMs = this.#idleMs;
    let headers: Record<string, string> = {
      "accept-encoding": "identity",
      "user-agent": this.#options.userAgent,
      ...request.headers,
    };
    let response = await this.#toRegistry(request, headers, authorization);
    let url = response.url;
    if (url.origin === this.#scheme.origin.origin && authorization !== undefined) {
      headers = { ...headers, authorization };
    }
    const seen = new Set([url.href]);
    for (let hops = 0; isRedirect(response.status); hops++) {
      const location = response.headers.get("location");
      // 301 to 303 may turn a request into a GET: a request that carries something cannot go on so.
      const moves = method === "GET" || method === "HEAD" || response.status >= 307;
      if (location === null || !moves || isStreamBody(body) && !body.replayable) return response;
      await discardBody(response);
      if (hops >= MAX_REDIRECTS) {
        throw new BlobberError(
          "registry",
          `${this.#options.host} redirects more than ${MAX_REDIRECTS} times`,
        );
      }
      const next = await this.checkLocation(location, url, "a redirect");
      if (seen.has(next.href)) {
        throw new BlobberError("registry", `${this.#options.host} redirects in a circle`);
      }
      seen.add(next.href);
      const { headersFor } = await import("./http/redirect.ts");
      headers = headersFor(headers, url, next);
      url = next;
      const hop = { method, url, headers, body, signal, idleMs, resumable, uncounted };
      response = await this.#send(hop);
    }
    return response;
  }

  /** The first hop. What goes to another host, an upload for instance, takes no secret along. */
  async #toRegistry(
    request: RegistryRequest,
    headers: Record<string, string>,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { method, to, body, signal, resumable, uncounted } = request;
    const idleMs = this.#idleMs;
    const all = authorization === undefined ? headers : { ...headers, authorization };
    return await this.#scheme.send(async (origin) => {
      const url = new URL(to, origin);
      const allowed = url.origin === origin.origin
        ? all
        : (await import("./http/redirect.ts")).headersFor(all, origin, url);
      const hop = { method, url, headers: allowed, body, signal, idleMs, resumable, uncounted };
      return await this.#send(hop);
    }, signal);
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    const range = request.headers["range"];
    // Queries hold signatures and tokens of uploads and redirects: what is told ends before them.
    const { origin, pathname, search } = request.url;
    const what = `${request.method} ${origin}${printable(pathname, 300)}${search && "?…"}` +
      (range === undefined ? "" : ` (${printable(range, 60)})`);
    const tell = (how: string | number) =>
      notify(this.#options.observer, {
        level: "debug",
        code: "request",
        message: `${what}: ${how}`,
      });
    let response: HttpResponse;
    try {
      response = await this.#connections.send(request);
    } catch (error) {
      tell("failed");
      throw error;
    }
    try {
      tell(response.status);
    } catch (error) { // the caller's own: the answer will not be read
      await response.body.cancel();
      throw error;
    }
    return response;
  }
}
