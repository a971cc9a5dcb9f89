/**
 * A forward proxy: absolute-form requests and CONNECT, with or without a password, and a map from names that
 * exist only behind it to servers on loopback.
 *
 * @module
 */

import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { flatHeaders, listen } from "./http_server.ts";

/** How a proxy behaves. */
export interface ProxyOptions {
  /** Where `host:port` really is. @default where it says */
  hosts?: Record<string, string>;
  /** `user:password` that it asks for. */
  credentials?: string;
}

/** A running proxy. */
export interface FakeProxy {
  url: string;
  host: string;
  /** `METHOD TARGET`, in the order in which they came. */
  requests: string[];
  close(): Promise<void>;
}

/** Starts a proxy on a free loopback port. */
export async function startProxy(options: ProxyOptions = {}): Promise<FakeProxy> {
  const { hosts = {}, credentials } = options;
  const requests: string[] = [];
  const wanted = credentials === undefined ? undefined : `Basic ${btoa(credentials)}`;
  const open = new Set<Socket>();
  const listening = await listen((message, response) => {
    requests.push(`${message.method} ${message.url}`);
    const headers = flatHeaders(message);
    if (wanted !== undefined && headers["proxy-authorization"] !== wanted) {
      response.writeHead(407, { "proxy-authenticate": "Basic" });
      return void response.end();
    }
    delete headers["proxy-authorization"];
    const url = new URL(message.url ?? "/");
    const [host, port] = (hosts[url.host] ?? url.host).split(":");
    const onward = request({
      host,
      port: Number(port),
      method: message.method,
      path: url.pathname + url.search,
      headers,
      agent: false,
    }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, flatHeaders(answer));
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    message.pipe(onward);
  });
  listening.server.on("connect", (message, client: Socket, head: Uint8Array) => {
    requests.push(`CONNECT ${message.url}`);
    open.add(client);
    client.on("error", () => {});
    if (wanted !== undefined && message.headers["proxy-authorization"] !== wanted) {
      return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    const target = message.url ?? "";
    const [host = "", port] = (hosts[target] ?? target).split(":");
    const server = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) server.write(head);
      server.pipe(client);
      client.pipe(server);
    });
    open.add(server);
    server.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
  });
  return {
    url: listening.url,
    host: listening.host,
    requests,
    close: async () => {
      for (const socket of open) socket.destroy();
      await listening.close();
    },
  };
}
