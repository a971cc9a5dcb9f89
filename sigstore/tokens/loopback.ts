/**
 * The server on this machine that a browser comes back to after a login (RFC 8252, 7.3).
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const PATH = "/auth/callback";

/** A server that waits for one browser. */
export interface Loopback {
  /** Where the issuer is to send the browser. */
  redirectUri: string;
  /** What came back: resolves once, for the request that repeats the state. */
  callback: Promise<URL>;
  close(): void;
}

/**
 * Starts the server on a free port, for IPv4 and, where there is one, IPv6: `localhost` may be either, and
 * no other program may hold the port on the other.
 *
 * @param state what the request must repeat; others are turned away, and the waiting goes on
 */
export async function startLoopback(state: string): Promise<Loopback> {
  const { createServer } = await import("node:http");
  for (let tries = 1;; tries++) {
    const servers: Server[] = [];
    let found: (url: URL) => void = () => {};
    const callback = new Promise<URL>((resolve) => found = resolve);
    let port = 0;
    const handler = (request: IncomingMessage, response: ServerResponse) => {
      const url = callbackOf(request, port, state);
      answer(response, url !== undefined);
      if (url !== undefined) found(url);
    };
    const close = () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections?.();
      }
    };
    try {
      for (const host of ["127.0.0.1", "::1"]) {
        const server = createServer(handler);
        if (!await listen(server, port, host)) continue;
        servers.push(server);
        port = (server.address() as AddressInfo).port;
      }
      return { redirectUri: `http://localhost:${port}${PATH}`, callback, close };
    } catch (error) {
      close();
      if (tries === 10) throw error;
    }
  }
}

/** Listens, or gives `false` where this machine has no such address. */
function listen(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => {
      if (host === "::1" && error.code !== "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, host, () => resolve(true));
  });
}

/** The address that the browser came back with; nothing for other requests. */
function callbackOf(request: IncomingMessage, port: number, state: string): URL | undefined {
  // A page under a name that resolves to this machine (DNS rebinding) has another Host.
  if (request.method !== "GET" || request.headers.host !== `localhost:${port}`) return undefined;
  const url = URL.parse(request.url ?? "", `http://localhost:${port}`);
  const right = url?.host === `localhost:${port}` && url.pathname === PATH &&
    url.searchParams.getAll("state").join() === state;
  return right ? url : undefined;
}

function answer(response: ServerResponse, done: boolean): void {
  response.writeHead(done ? 200 : 400, {
    "content-type": "text/plain; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "connection": "close",
  });
  response.end(done ? "The login is done. This window can be closed.\n" : "Nothing is here.\n");
}
