/**
 * Chooses the engine for each request. Engines are shared by all stores of the process that connect in the
 * same way, and with them the open connections.
 *
 * @module
 */

import type { ConnectionOptions } from "../../options.ts";
import { isLoopback } from "../../reference.ts";
import { denoHttpClient, environment, RUNTIME } from "../../system/runtime.ts";
import { type Engine, type HttpRequest, type HttpResponse, isStreamBody } from "./exchange.ts";
import { ExchangeError } from "./failure.ts";
import { FetchEngine } from "./fetch_engine.ts";
import type { NodeEngine } from "./node_engine.ts";
import { anyProxy, type Proxy, proxyFor } from "./proxy.ts";

const engines = new Map<string, Engine>();

/**
 * The engine for connections of one kind.
 *
 * @param options certificates
 */
export function engineFor(options: ConnectionOptions): Engine {
  const { caCerts, insecureSkipTlsVerify = false } = options;
  const key = JSON.stringify([caCerts ?? [], insecureSkipTlsVerify]);
  let engine = engines.get(key);
  if (engine === undefined) {
    engine = new ChoosingEngine(caCerts, insecureSkipTlsVerify);
    engines.set(key, engine);
  }
  return engine;
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
