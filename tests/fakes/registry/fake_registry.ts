/**
 * A registry in this process, by the OCI distribution spec v1.1, with a hook that can make any request go
 * wrong and a record of every request and of the bytes that it moved.
 *
 * ```ts ignore
 * const registry = await startRegistry();
 * registry.onRequest = (request) => request.method === "PUT" ? { answer: { status: 500 } } : undefined;
 * // … use registry.host …
 * assert.deepEqual(registry.log(), ["PUT /v2/app/manifests/v1 500"]);
 * await registry.close();
 * ```
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { flatHeaders, listen } from "./http_server.ts";
import { endpoints } from "./registry_endpoints.ts";
import type {
  Action,
  CannedAnswer,
  FakeAnswer,
  FakeRegistry,
  FakeRegistryOptions,
  FakeRepository,
  FakeRequest,
  RequestRecord,
} from "./registry_types.ts";

export { failure } from "./registry_endpoints.ts";
export type * from "./registry_types.ts";

const NO_BYTES = new Uint8Array(0);
const encode = (text: string) => new TextEncoder().encode(text);

/** Starts a registry on a free loopback port. */
export async function startRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const repositories = new Map<string, FakeRepository>();
  const requests: RequestRecord[] = [];

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = message.url ?? "/";
    const at = url.indexOf("?");
    const request: FakeRequest = {
      number: requests.length + 1,
      method: message.method ?? "GET",
      path: decodeURI(at < 0 ? url : url.slice(0, at)),
      url,
      query: new URLSearchParams(at < 0 ? "" : url.slice(at)),
      headers: flatHeaders(message),
      body: NO_BYTES,
    };
    const record: RequestRecord = {
      number: request.number,
      method: request.method,
      url,
      headers: request.headers,
      received: 0,
      sent: 0,
      status: 0,
    };
    requests.push(record);
    const action: Action = registry.onRequest?.(request) || { proceed: true };
    if ("reset" in action) return void message.socket.destroy();
    if ("hang" in action) {
      message.resume();
      return;
    }
    if ("answerEarly" in action) {
      // Past the server, which may hold an answer back until the request has been read.
      const { status, headers, body } = complete(action.answerEarly);
      record.status = status;
      const head = Object.entries({ ...headers, connection: "close" })
        .map(([name, value]) => `${name}: ${value}\r\n`).join("");
      message.socket.write(`HTTP/1.1 ${status} Early\r\n${head}\r\n`);
      message.socket.end(body instanceof Uint8Array ? body : NO_BYTES);
      return;
    }
    const limit = "resetUploadAfter" in action ? action.resetUploadAfter : Infinity;
    const refused = options.authorize?.(request);
    const body = await readBody(message, record, limit);
    if (body === undefined) return;
    request.body = body;
    let answer: FakeAnswer;
    if ("after" in action) await action.after;
    if ("answer" in action) answer = complete(action.answer);
    else {
      answer = refused === undefined ? handle(request) : complete(refused);
      if ("rewrite" in action) answer = action.rewrite(answer, request);
    }
    await send(response, request, answer, action, record);
  };

  let underWay = 0;
  const listening = await listen(
    (message, response) => {
      registry.atOnce = Math.max(registry.atOnce, ++underWay);
      let over = false;
      const end = () => {
        if (!over) underWay--;
        over = true;
      };
      response.once("finish", end);
      response.once("close", end);
      serve(message, response).catch((error) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error?.stack ?? error));
      });
    },
    options.tls,
    options.address,
  );

  const registry: FakeRegistry = {
    host: listening.host,
    url: listening.url,
    options,
    requests,
    atOnce: 0,
    onRequest: undefined,
    repositories,
    repository(name) {
      let found = repositories.get(name);
      if (found === undefined) {
        found = { blobs: new Map(), manifests: new Map(), tags: new Map() };
        repositories.set(name, found);
      }
      return found;
    },
    log: () => requests.map((record) => `${record.method} ${record.url} ${record.status}`),
    clear: () => {
      requests.splice(0);
      registry.atOnce = 0;
    },
    idle: listening.idle,
    close: listening.close,
  };

  const handle = endpoints(registry);
  return registry;
}

function complete(
  answer: CannedAnswer,
): FakeAnswer {
  const { status = 200, headers = {}, body = NO_BYTES } = answer;
  return { status, headers, body: typeof body === "string" ? encode(body) : body };
}

/** All of a request's body, or nothing once the connection was cut on purpose or by the client. */
async function readBody(
  message: IncomingMessage,
  record: RequestRecord,
  limit: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of message) {
      record.received += part.length;
      if (record.received >= limit) {
        message.socket.destroy();
        return undefined;
      }
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  const whole = new Uint8Array(record.received);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function send(
  response: ServerResponse,
  request: FakeRequest,
  answer: FakeAnswer,
  action: Action,
  record: RequestRecord,
): Promise<void> {
  const { status, body } = answer;
  const headers = { ...answer.headers };
  const whole = body instanceof Uint8Array;
  const stated = Object.keys(headers).some((name) =>
    /^(content-length|transfer-encoding)$/i.test(name)
  );
  if (whole && !stated && status !== 204) headers["content-length"] = String(body.length);
  record.status = status;
  response.writeHead(status, headers);
  if (request.method === "HEAD" || status === 204) return void response.end();
  const stop = "breakAfter" in action
    ? action.breakAfter
    : "stallAfter" in action
    ? action.stallAfter
    : Infinity;
  const closed = new Promise<void>((done) => response.once("close", done));
  for await (const part of whole ? slices(body) : body) {
    if (response.destroyed || response.socket?.destroyed) return;
    const left = stop - record.sent;
    const piece = part.length > left ? part.subarray(0, left) : part;
    record.sent += piece.length;
    const more = response.write(piece);
    if (record.sent >= stop) {
      if ("stallAfter" in action) return;
      // What was written is to arrive: give the socket a turn to pass it on before it is cut.
      await new Promise<void>((done) => response.write(NO_BYTES, () => done()));
      await new Promise<void>((done) => setTimeout(done, 5));
      return void response.socket?.destroy();
    }
    if (!more) {
      await Promise.race([
        new Promise<void>((done) => response.once("drain", done)),
        closed,
      ]);
    }
  }
  response.end();
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 256 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
