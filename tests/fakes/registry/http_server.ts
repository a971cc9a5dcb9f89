/**
 * What the fake servers share: a listener on a free loopback port that can be closed at any moment, whatever
 * connections stand open.
 *
 * @module
 */

import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** A certificate and its key, PEM. */
export interface KeyPair {
  key: string;
  cert: string;
}

/** A server that listens. */
export interface Listening {
  server: Server;
  /** `127.0.0.1:PORT`. */
  host: string;
  /** `http://127.0.0.1:PORT` or `https://…`. */
  url: string;
  /** Resolves when no connection stands open. */
  idle(): Promise<void>;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
}

/** Starts a server on a free loopback port; with a key pair it speaks TLS. */
export async function listen(
  handler: RequestListener,
  tls?: KeyPair,
  address = "127.0.0.1",
): Promise<Listening> {
  const server = tls === undefined
    ? createPlainServer(handler)
    : createTlsServer(tls, handler) as unknown as Server;
  const sockets = new Set<Socket>();
  let idle = Promise.withResolvers<void>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      idle.resolve();
      idle = Promise.withResolvers();
    });
    socket.on("error", () => {});
  };
  server.on("connection", track);
  server.on("secureConnection", track);
  // As servers answer what is not HTTP, such as a TLS handshake.
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(0, address, done);
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  return {
    server,
    host,
    url: `${tls === undefined ? "http" : "https"}://${host}`,
    idle: () => sockets.size === 0 ? Promise.resolve() : idle.promise,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
        // Bun's server keeps idle connections out of "connection" events.
        (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      }),
  };
}

/** Headers of a message as a flat record of lower-case names. */
export function flatHeaders(message: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
