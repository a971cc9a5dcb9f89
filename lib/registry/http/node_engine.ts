/**
 * The engine that runs everywhere: `node:http` and `node:https` with agents of our own, which know proxies
 * (CONNECT for https, the absolute form for http) and certificates. Under Deno it takes over what `fetch`
 * cannot do: accept any certificate, and send a stream with a Content-Length.
 *
 * @module
 */

import { checkAborted, interruption } from "../../errors.ts";
import { Agent as PlainAgent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, getCACertificates } from "node:tls";
import {
  type BodyReader,
  type Engine,
  type HttpRequest,
  type HttpResponse,
  isStreamBody,
  type StreamBody,
} from "./exchange.ts";
import { exchangeError, idleError, nameOf } from "./failure.ts";
import { IdleWatch, TrickleWatch } from "./idle.ts";
import { type Proxy, proxyFor } from "./proxy.ts";

/** How TLS peers are checked. */
export interface TlsTrust {
  /** PEM certificates that are trusted beside the system's. */
  caCerts?: string[] | undefined;
  /** Accept any certificate. */
  skipVerify: boolean;
}

/** `node:http` and `node:https`. */
export class NodeEngine implements Engine {
  readonly #tls: { ca?: string[]; rejectUnauthorized: boolean; ALPNProtocols: string[] };
  readonly #proxyFor: (url: URL) => Proxy | undefined;
  readonly #agents = new Map<string, PlainAgent>();

  /**
   * @param trust how TLS peers are checked
   * @param proxy which proxy a URL goes through
   */
  constructor(trust: TlsTrust, proxy: (url: URL) => Proxy | undefined = proxyFor) {
    this.#tls = {
      // With `ca`, the system's authorities are no longer trusted unless they are named too.
      ...(trust.caCerts && { ca: [...getCACertificates("default"), ...trust.caCerts] }),
      rejectUnauthorized: !trust.skipVerify,
      ALPNProtocols: ["http/1.1"],
    };
    this.#proxyFor = proxy;
  }

  /** As {@linkcode Engine.send}. */
  async send(outgoing: HttpRequest): Promise<HttpResponse> {
    const { signal, idleMs, url, body } = outgoing;
    checkAborted(signal);
    const what = nameOf(outgoing.method, url);
    let stopped: unknown;
    let sent: ClientRequest | undefined;
    const stop = (reason: unknown) => {
      stopped ??= reason;
      sent?.destroy(reason instanceof Error ? reason : new Error("aborted"));
    };
    const onAbort = () => stop(interruption(signal!));
    signal?.addEventListener("abort", onAbort, { once: true });
    const watch = new IdleWatch(idleMs, () => stop(idleError(what, idleMs)));
    const release = () => {
      watch.stop();
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (cause: unknown) => {
      release();
      if (signal?.aborted) return interruption(signal);
      return exchangeError(stopped ?? cause, what);
    };
    try {
      watch.start();
      sent = this.#request(outgoing);
      const answered = answerOf(sent);
      answered.catch(() => {}); // reported below, once
      if (isStreamBody(body)) await Promise.race([answered, feed(sent, body, watch)]);
      else sent.end(body);
      watch.start();
      const message = await answered;
      watch.stop();
      return {
        status: message.statusCode ?? 0,
        headers: headersOf(message),
        url,
        body: new NodeBody(message, { watch, release, fail, what, idleMs }),
      };
    } catch (cause) {
      sent?.destroy();
      throw fail(cause);
    }
  }

  /** As {@linkcode Engine.close}. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #request(outgoing: HttpRequest): ClientRequest {
    const { method, url, body } = outgoing;
    const proxy = this.#proxyFor(url);
    const headers: Record<string, string> = { ...outgoing.headers, host: url.host };
    if (!isStreamBody(body)) {
      if (body !== undefined || method !== "GET" && method !== "HEAD") {
        headers["content-length"] = String(body?.length ?? 0);
      }
    } else if (body.length !== undefined) headers["content-length"] = String(body.length);
    else headers["transfer-encoding"] = "chunked";
    const path = url.pathname + url.search;
    const common = { method, headers, agent: this.#agent(url, proxy) };
    if (proxy !== undefined && url.protocol === "http:") {
      if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization;
      return request({ ...common, ...address(proxy.url), path: url.origin + path });
    }
    // An agent that makes TLS sockets, asked as if it were plain, works alike in all three runtimes.
    return request({ ...common, ...address(url), path, protocol: common.agent.protocol });
  }

  #agent(url: URL, proxy: Proxy | undefined): PlainAgent & { protocol: string } {
    const key = `${url.origin} ${proxy?.url.origin ?? ""}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known as PlainAgent & { protocol: string };
    const options = { keepAlive: true, maxFreeSockets: 4 };
    let made: PlainAgent;
    if (proxy !== undefined && url.protocol === "https:") {
      made = new PlainAgent(options);
      // deno-lint-ignore no-explicit-any -- overloads of three runtimes
      (made as any).createConnection = (_options: unknown, done: Connected) => {
        void this.#tunnel(url, proxy, done);
      };
    } else if ((proxy?.url ?? url).protocol === "https:") {
      made = new TlsAgent({ ...options, ...(proxy === undefined ? this.#tls : {}) });
    } else made = new PlainAgent(options);
    this.#agents.set(key, made);
    return made as PlainAgent & { protocol: string };
  }

  /** CONNECT to the proxy, then TLS to the host inside (RFC 9110, 9.3.6). */
  #tunnel(url: URL, proxy: Proxy, done: Connected): void {
    const target = `${url.hostname}:${url.port || "443"}`;
    const headers: Record<string, string> = { host: target };
    if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization;
    const tunnel = request({
      ...address(proxy.url),
      method: "CONNECT",
      path: target,
      headers,
      agent: proxy.url.protocol === "https:" ? new TlsAgent() : new PlainAgent(),
      protocol: proxy.url.protocol,
    });
    tunnel.once("error", (cause) => done(new Error(`proxy connection failed: ${cause.message}`)));
    tunnel.once("response", (message) => {
      message.resume();
      done(new Error(`proxy answered ${message.statusCode} to CONNECT`));
    });
    tunnel.once("connect", (message: IncomingMessage, socket: Socket) => {
      if (message.statusCode !== 200) {
        socket.destroy();
        const auth = message.statusCode === 407 ? "proxy authentication required, " : "";
        return done(new Error(`${auth}proxy answered ${message.statusCode} to CONNECT`));
      }
      const name = url.hostname.replace(/^\[|\]$/g, "");
      const secure = connectTls({
        ...this.#tls,
        socket,
        ...(isIP(name) ? { host: name } : { servername: name }),
      });
      secure.once("error", done);
      secure.once("secureConnect", () => {
        secure.off("error", done);
        done(null, secure);
      });
    });
    tunnel.end();
  }
}

type Connected = (error: Error | null, socket?: Socket) => void;

function address(url: URL): { host: string; port: number } {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    sent.once("response", done);
    sent.on("error", fail);
    sent.once("close", () => fail(new Error("connection closed before an answer came")));
  });
}

/** Writes a body piece by piece, each after the one before has left. */
async function feed(
  sent: ClientRequest,
  body: StreamBody,
  watch: IdleWatch,
): Promise<void> {
  const pieces = body.open();
  let open = true;
  sent.once("close", () => open = false);
  try {
    while (open) {
      watch.stop(); // until there is a piece it is our turn
      const { value, done } = await pieces.next();
      watch.start();
      if (done) return void sent.end();
      // The piece's owner may write to it once the next is asked for: a socket holds on to what is queued.
      if (open && !sent.write(value.slice())) {
        await new Promise<void>((ready) => {
          const next = () => {
            sent.off("drain", next);
            sent.off("close", next);
            ready();
          };
          sent.once("drain", next);
          sent.once("close", next);
        });
      }
    }
  } finally {
    await pieces.return?.();
  }
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!);
  }
  return headers;
}

interface Guards {
  watch: IdleWatch;
  release: () => void;
  fail: (cause: unknown) => unknown;
  what: string;
  idleMs: number;
}

class NodeBody implements BodyReader {
  readonly #message: IncomingMessage;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #guards: Guards;
  readonly #trickle: TrickleWatch;
  #ended = false;

  constructor(message: IncomingMessage, guards: Guards) {
    this.#message = message;
    this.#pieces = message[Symbol.asyncIterator]();
    this.#guards = guards;
    this.#trickle = new TrickleWatch(guards.idleMs);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const { watch, fail, what, idleMs, release } = this.#guards;
    const began = performance.now();
    try {
      for (;;) {
        watch.start();
        const { value, done } = await this.#pieces.next();
        watch.stop();
        if (done) {
          // Bun ends the iteration of a message that was cut off as if it were whole.
          if (!this.#message.complete) throw new Error("connection closed before the body ended");
          this.#ended = true;
          release();
          return undefined;
        }
        if (this.#trickle.tooSlow(performance.now() - began, value.length)) {
          throw idleError(what, idleMs);
        }
        if (value.length > 0) return value;
      }
    } catch (cause) {
      const error = fail(cause);
      await this.cancel();
      throw error;
    }
  }

  // deno-lint-ignore require-await -- as the interface has it
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#guards.release();
    this.#message.on("error", () => {});
    this.#message.destroy();
  }
}
