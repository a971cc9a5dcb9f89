/**
 * Chooses the engine for each request. Engines are shared by all stores of the process that connect in the
 * same way, and with them the open connections and the queue for them.
 *
 * @module
 */

import type { OnRequest } from "../../events.ts";
import { MAX_CONNECTIONS } from "../../limits.ts";
import type { Fetch } from "../../options.ts";
import { isLoopback } from "../../reference.ts";
import { denoHttpClient, environment, RUNTIME } from "../../system/runtime.ts";
import type { Connecting } from "./connection.ts";
import { Connections, SharedEngine } from "./connections.ts";
import { type Engine, type HttpRequest, type HttpResponse, isStreamBody } from "./exchange.ts";
import { ExchangeError } from "./failure.ts";
import { FetchEngine } from "./fetch_engine.ts";
import type { NodeEngine } from "./node_engine.ts";
import { anyProxy, type Proxy, proxyFor } from "./proxy.ts";

/** An engine that others may use too, and how many do. */
interface Counted {
  shared: SharedEngine;
  users: number;
}

type Engines = Map<string, Counted>;

const ownEngines: Engines = new Map();
const givenEngines = new WeakMap<Fetch, Engines>();

/**
 * Opens a way to hosts. Those who connect in the same way share an engine and its queues; when the last of them
 * has closed its own, connections that stand open are ended.
 *
 * @param options what makes the connections, and how many there may be
 * @param onRequest told of each request
 */
export function openConnections(options: Connecting, onRequest?: OnRequest): Connections {
  const { caCerts, insecureSkipTlsVerify = false, fetch, maxConnections = MAX_CONNECTIONS } =
    options;
  const engines = fetch === undefined ? ownEngines : enginesOf(fetch);
  const key = JSON.stringify([caCerts ?? [], insecureSkipTlsVerify, maxConnections]);
  let counted = engines.get(key);
  if (counted === undefined) {
    const engine = fetch === undefined
      ? new ChoosingEngine(caCerts, insecureSkipTlsVerify)
      : new EngineOf(fetch);
    counted = { shared: new SharedEngine(engine, maxConnections), users: 0 };
    engines.set(key, counted);
  }
  const { shared } = counted;
  counted.users++;
  const released = () => {
    if (--counted.users > 0) return;
    engines.delete(key);
    shared.engine.close?.();
  };
  return new Connections(shared, { onRequest, released });
}

function enginesOf(fetch: Fetch): Engines {
  let engines = givenEngines.get(fetch);
  if (engines === undefined) {
    engines = new Map();
    givenEngines.set(fetch, engines);
  }
  return engines;
}

/** A function of a caller's, and no connections of our own. */
class EngineOf implements Engine {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { GivenFetch } = await import("./given_fetch.ts");
    return await new GivenFetch(this.#fetch).send(request);
  }
}

class ChoosingEngine implements Engine {
  readonly #caCerts: string[] | undefined;
  readonly #skipVerify: boolean;
  readonly #fetchers = new Map<string, FetchEngine | undefined>();
  /** Hosts whose certificate is an authority's own, which `fetch` takes for none of a server. */
  readonly #ownAuthorities = new Set<string>();
  #node: NodeEngine | undefined;

  constructor(caCerts: string[] | undefined, skipVerify: boolean) {
    this.#caCerts = caCerts;
    this.#skipVerify = skipVerify;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const fetcher = this.#fetcher(request, proxyFor(request.url));
    if (fetcher === undefined) return await (await this.#nodeEngine()).send(request);
    try {
      return await fetcher.send(request);
    } catch (error) {
      const once = isStreamBody(request.body) && !request.body.replayable;
      if (this.#caCerts === undefined || once || !isOwnAuthority(error)) throw error;
      this.#ownAuthorities.add(request.url.host);
      return await (await this.#nodeEngine()).send(request);
    }
  }

  /** TLS sockets of Deno's `node:tls` go on reading while their reader waits. */
  pilesUp(url: URL): boolean {
    return RUNTIME === "deno" && url.protocol === "https:" &&
      this.#fetcher({ url }, proxyFor(url)) === undefined;
  }

  close(): void {
    for (const fetcher of this.#fetchers.values()) fetcher?.close();
    this.#fetchers.clear();
    this.#node?.close();
    this.#node = undefined;
  }

  /** Deno's `fetch`, unless it cannot do what is asked for. */
  #fetcher(
    request: Pick<HttpRequest, "url" | "body">,
    proxy: Proxy | undefined,
  ): FetchEngine | undefined {
    if (this.#skipVerify || this.#ownAuthorities.has(request.url.host)) return undefined;
    // fetch drops the Content-Length of a stream.
    if (isStreamBody(request.body) && request.body.length !== undefined) return undefined;
    // A client without a proxy of its own reads the variables by its own rules, which know no loopback.
    if (proxy === undefined && anyProxy() && !agreesOnDirect(request.url)) return undefined;
    const key = proxy === undefined ? "" : `${proxy.url.href} ${proxy.authorization}`;
    if (!this.#fetchers.has(key)) {
      const client = denoHttpClient({
        caCerts: this.#caCerts,
        proxy: proxy && {
          url: proxy.url.href,
          username: proxy.username,
          password: proxy.password,
        },
      });
      this.#fetchers.set(key, client && new FetchEngine(client));
    }
    return this.#fetchers.get(key);
  }

  /** Loaded when it is needed: `node:http` and what it stands on take longer than a whole `cat`. */
  async #nodeEngine(): Promise<NodeEngine> {
    const { NodeEngine } = await import("./node_engine.ts");
    return this.#node ??= new NodeEngine({ caCerts: this.#caCerts, skipVerify: this.#skipVerify });
  }
}

/**
 * Whether a server was refused because its certificate is that of an authority, as `openssl req -x509` makes
 * it for small registries. `fetch` refuses that wherever it comes from; Node's TLS trusts a certificate that
 * was named as trusted, for the names and the time that it is for, and no other.
 */
function isOwnAuthority(error: unknown): boolean {
  return error instanceof ExchangeError && error.kind === "tls" &&
    error.message.includes("CaUsedAsEndEntity");
}

/** Whether Deno's own reading of the variables surely leads past the proxy as ours does. */
function agreesOnDirect(url: URL): boolean {
  const { NO_PROXY, no_proxy } = environment();
  const exceptions = no_proxy || NO_PROXY || "";
  // It knows names and addresses there, and no ports.
  return url.protocol === "https:" && !isLoopback(url.host) && !/:\d+(?:\s|,|$)/.test(exceptions);
}
