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

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../lib/digest.ts";
import { flatHeaders, type KeyPair, listen } from "./http_server.ts";

/** A request as a hook sees it. */
export interface FakeRequest {
  /** Counts from 1. */
  number: number;
  method: string;
  /** Path without query. */
  path: string;
  /** Path with query. */
  url: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  /** All of the body; empty while `onRequest` runs, which is before the body has come. */
  body: Uint8Array;
}

/** What a registry answers. */
export interface FakeAnswer {
  status: number;
  headers: Record<string, string>;
  /** A `Uint8Array` gets a Content-Length unless `headers` says one; an iterable is sent chunked. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** What a hook makes of a request. */
export type Action =
  /** The registry's own answer, as when there is no hook. */
  | { proceed: true }
  /** This answer, in place of the registry's own; the body of the request is read and dropped. */
  | { answer: Partial<Omit<FakeAnswer, "body">> & { body?: FakeAnswer["body"] | string } }
  /** This answer at once, while the body of the request may still be under way. */
  | { answerEarly: Partial<Omit<FakeAnswer, "body">> & { body?: FakeAnswer["body"] | string } }
  /** The registry's own answer, changed. */
  | { rewrite: (answer: FakeAnswer, request: FakeRequest) => FakeAnswer }
  /** The registry's own answer, cut off after so many bytes of its body. */
  | { breakAfter: number }
  /** The registry's own answer, that stops coming after so many bytes and never ends. */
  | { stallAfter: number }
  /** The connection is cut before anything is answered. */
  | { reset: true }
  /** The connection is cut once so many bytes of the request's body have come. */
  | { resetUploadAfter: number }
  /** Nothing is ever answered. */
  | { hang: true };

/** One request that came, and what became of it. */
export interface RequestRecord {
  number: number;
  method: string;
  /** Path with query. */
  url: string;
  headers: Record<string, string>;
  /** Bytes of the request's body that came. */
  received: number;
  /** Bytes of the answer's body that were sent. */
  sent: number;
  /** Status that was sent; 0 while none was. */
  status: number;
}

/** How a fake registry behaves. */
export interface FakeRegistryOptions {
  /** Whether it has the referrers API. @default true */
  referrers?: boolean;
  /** Whether it mounts blobs from other repositories. @default true */
  mount?: boolean;
  /** Whether it honours Range. @default true */
  ranges?: boolean;
  /** Form of `Location` headers. @default "relative" */
  location?: "relative" | "absolute";
  /** Entries on a page of tags or referrers when the client asks for no number. @default 1000 */
  pageSize?: number;
  /** Sent with an upload's answer as `OCI-Chunk-Min-Length`. */
  chunkMinLength?: number;
  /** Serves TLS with this. */
  tls?: KeyPair;
  /** Address to listen on. @default "127.0.0.1" */
  address?: string;
  /** Asked before every request; an answer refuses it. */
  authorize?: (request: FakeRequest) => Partial<FakeAnswer> | undefined;
}

/** A stored manifest. */
export interface StoredManifest {
  mediaType: string;
  bytes: Uint8Array;
}

/** The content of one repository; tests may read and change it. */
export interface FakeRepository {
  blobs: Map<string, Uint8Array>;
  manifests: Map<string, StoredManifest>;
  tags: Map<string, string>;
}

/** A running fake registry. */
export interface FakeRegistry {
  /** `127.0.0.1:PORT`. */
  host: string;
  url: string;
  options: FakeRegistryOptions;
  /** Every request, in the order in which they came. */
  requests: RequestRecord[];
  /** Called when the head of a request has come. */
  onRequest: ((request: FakeRequest) => Action | undefined | void) | undefined;
  repositories: Map<string, FakeRepository>;
  /** The repository of that name, made when absent. */
  repository(name: string): FakeRepository;
  /** `METHOD URL STATUS` of every request. */
  log(): string[];
  /** Forgets the requests so far. */
  clear(): void;
  close(): Promise<void>;
}

const NO_BYTES = new Uint8Array(0);
const encode = (text: string) => new TextEncoder().encode(text);

/** Starts a registry on a free loopback port. */
export async function startRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const repositories = new Map<string, FakeRepository>();
  const uploads = new Map<string, { repository: string; parts: Uint8Array[]; size: number }>();
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
      await send(response, request, complete(action.answerEarly), action, record);
      message.socket.destroySoon?.();
      return;
    }
    const limit = "resetUploadAfter" in action ? action.resetUploadAfter : Infinity;
    const body = await readBody(message, record, limit);
    if (body === undefined) return;
    request.body = body;
    let answer: FakeAnswer;
    if ("answer" in action) answer = complete(action.answer);
    else {
      const refused = options.authorize?.(request);
      answer = refused === undefined ? handle(request) : complete(refused);
      if ("rewrite" in action) answer = action.rewrite(answer, request);
    }
    await send(response, request, answer, action, record);
  };

  const listening = await listen(
    (message, response) => {
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
    clear: () => void requests.splice(0),
    close: listening.close,
  };

  function location(path: string): string {
    return options.location === "absolute" ? registry.url + path : path;
  }

  /** end-1 … end-13 of the distribution spec's table of endpoints. */
  function handle(request: FakeRequest): FakeAnswer {
    const { method, path } = request;
    if (path === "/v2/" || path === "/v2") return ok(200, {}, encode("{}"));
    const match = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(path);
    if (match === null) return failure(404, "NAME_UNKNOWN", "no such endpoint");
    const [, name = "", kind, rest = ""] = match;
    if (kind === "blobs" && rest.startsWith("uploads")) {
      return upload(request, name, rest.slice("uploads/".length));
    }
    const repository = repositories.get(name);
    if (method === "PUT" && kind === "manifests") return putManifest(request, name, rest);
    if (repository === undefined) return failure(404, "NAME_UNKNOWN", "repository name not known");
    switch (kind) {
      case "blobs":
        return blob(request, repository, rest);
      case "manifests":
        return manifest(request, repository, rest);
      case "tags":
        return tagList(request, name, repository);
      default:
        return referrerList(request, name, repository, rest);
    }
  }

  function blob(request: FakeRequest, repository: FakeRepository, digest: string): FakeAnswer {
    const bytes = repository.blobs.get(digest);
    if (bytes === undefined) return failure(404, "BLOB_UNKNOWN", "blob unknown to registry");
    if (request.method === "DELETE") {
      repository.blobs.delete(digest);
      return ok(202);
    }
    const headers: Record<string, string> = {
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      "etag": `"${digest}"`,
    };
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers["range"] ?? "");
    if (options.ranges === false || range === null) return ok(200, headers, bytes);
    headers["accept-ranges"] = "bytes";
    const ifRange = request.headers["if-range"];
    if (ifRange !== undefined && ifRange !== headers["etag"]) return ok(200, headers, bytes);
    let start = Number(range[1]);
    let end = range[2] === "" ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
    if (range[1] === "") {
      start = Math.max(0, bytes.length - Number(range[2]));
      end = bytes.length;
    }
    if (start >= bytes.length) {
      return ok(416, { "content-range": `bytes */${bytes.length}` });
    }
    headers["content-range"] = `bytes ${start}-${end - 1}/${bytes.length}`;
    return ok(206, headers, bytes.subarray(start, end));
  }

  function upload(request: FakeRequest, name: string, id: string): FakeAnswer {
    const { method, query } = request;
    if (method === "POST") {
      const mount = query.get("mount");
      const from = query.get("from");
      if (mount !== null && from !== null && options.mount !== false) {
        const bytes = repositories.get(from)?.blobs.get(mount);
        if (bytes !== undefined) return stored(name, mount, bytes);
      }
      const digest = query.get("digest");
      if (digest !== null && request.body.length > 0) return finish(name, digest, request.body);
      const fresh = randomUUID();
      uploads.set(fresh, { repository: name, parts: [], size: 0 });
      return progress(name, fresh, 0, 202);
    }
    const session = uploads.get(id);
    // The state is part of the URL that was given out: a client that loses the query is refused.
    if (session?.repository !== name || query.get("_state") !== `s${session.size}`) {
      return failure(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    }
    switch (method) {
      case "PATCH": {
        const range = request.headers["content-range"];
        if (range !== undefined && Number(range.split("-")[0]) !== session.size) {
          return { ...progress(name, id, session.size, 416) };
        }
        session.parts.push(request.body);
        session.size += request.body.length;
        return progress(name, id, session.size, 202);
      }
      case "PUT": {
        session.parts.push(request.body);
        uploads.delete(id);
        const whole = new Uint8Array(session.size + request.body.length);
        let at = 0;
        for (const part of session.parts) {
          whole.set(part, at);
          at += part.length;
        }
        return finish(name, query.get("digest") ?? "", whole);
      }
      case "GET":
        return progress(name, id, session.size, 204);
      case "DELETE":
        uploads.delete(id);
        return ok(204);
      default:
        return failure(405, "UNSUPPORTED", "method not allowed");
    }
  }

  function progress(name: string, id: string, size: number, status: number): FakeAnswer {
    const headers: Record<string, string> = {
      location: location(`/v2/${name}/blobs/uploads/${id}?_state=s${size}`),
      range: `0-${Math.max(0, size - 1)}`,
      "docker-upload-uuid": id,
    };
    if (options.chunkMinLength !== undefined) {
      headers["oci-chunk-min-length"] = String(options.chunkMinLength);
    }
    return ok(status, headers);
  }

  function finish(name: string, digest: string, bytes: Uint8Array): FakeAnswer {
    if (digestOf(bytes) !== digest) {
      return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    return stored(name, digest, bytes);
  }

  function stored(name: string, digest: string, bytes: Uint8Array): FakeAnswer {
    registry.repository(name).blobs.set(digest, bytes);
    return ok(201, {
      location: location(`/v2/${name}/blobs/${digest}`),
      "docker-content-digest": digest,
    });
  }

  function manifest(
    request: FakeRequest,
    repository: FakeRepository,
    reference: string,
  ): FakeAnswer {
    const digest = repository.tags.get(reference) ?? reference;
    const found = repository.manifests.get(digest);
    if (found === undefined) return failure(404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (request.method === "DELETE") {
      if (repository.tags.has(reference)) repository.tags.delete(reference);
      else repository.manifests.delete(digest);
      return ok(202);
    }
    return ok(200, {
      "content-type": found.mediaType,
      "docker-content-digest": digest,
    }, found.bytes);
  }

  function putManifest(request: FakeRequest, name: string, reference: string): FakeAnswer {
    const digest = digestOf(request.body);
    if (reference.includes(":") && reference !== digest) {
      return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    let document: { subject?: { digest?: string } };
    try {
      document = JSON.parse(new TextDecoder().decode(request.body));
    } catch {
      return failure(400, "MANIFEST_INVALID", "manifest invalid");
    }
    const repository = registry.repository(name);
    repository.manifests.set(digest, {
      mediaType: request.headers["content-type"] ?? "",
      bytes: request.body,
    });
    if (!reference.includes(":")) repository.tags.set(reference, digest);
    const headers: Record<string, string> = {
      location: location(`/v2/${name}/manifests/${digest}`),
      "docker-content-digest": digest,
    };
    const subject = document.subject?.digest;
    if (subject !== undefined && options.referrers !== false) headers["oci-subject"] = subject;
    return ok(201, headers);
  }

  function tagList(request: FakeRequest, name: string, repository: FakeRepository): FakeAnswer {
    const tags = [...repository.tags.keys()].sort();
    const last = request.query.get("last");
    const from = last === null ? tags : tags.filter((tag) => tag > last);
    const size = Number(request.query.get("n") ?? options.pageSize ?? 1000);
    const page = from.slice(0, size);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (from.length > size) {
      const query = new URLSearchParams({ n: String(size), last: page.at(-1)! });
      headers["link"] = `<${location(`/v2/${name}/tags/list?${query}`)}>; rel="next"`;
    }
    return ok(200, headers, encode(JSON.stringify({ name, tags: page })));
  }

  function referrerList(
    request: FakeRequest,
    name: string,
    repository: FakeRepository,
    subject: string,
  ): FakeAnswer {
    if (options.referrers === false) return failure(404, "NOT_FOUND", "page not found");
    const wanted = request.query.get("artifactType");
    const all: Record<string, unknown>[] = [];
    for (const [digest, { mediaType, bytes }] of repository.manifests) {
      const document = JSON.parse(new TextDecoder().decode(bytes));
      if (document.subject?.digest !== subject) continue;
      const artifactType = document.artifactType ?? document.config?.mediaType;
      if (wanted !== null && artifactType !== wanted) continue;
      const { annotations } = document;
      all.push({ mediaType, digest, size: bytes.length, artifactType, annotations });
    }
    const skip = Number(request.query.get("skip") ?? 0);
    const size = options.pageSize ?? 1000;
    const headers: Record<string, string> = {
      "content-type": "application/vnd.oci.image.index.v1+json",
    };
    if (wanted !== null) headers["oci-filters-applied"] = "artifactType";
    if (all.length > skip + size) {
      const query = new URLSearchParams(request.query);
      query.set("skip", String(skip + size));
      headers["link"] = `<${location(`/v2/${name}/referrers/${subject}?${query}`)}>; rel="next"`;
    }
    return ok(
      200,
      headers,
      encode(JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: all.slice(skip, skip + size),
      })),
    );
  }

  return registry;
}

/** An error in the form of the distribution spec, "Error Codes". */
export function failure(status: number, code: string, message: string): FakeAnswer {
  return ok(
    status,
    { "content-type": "application/json" },
    encode(JSON.stringify({ errors: [{ code, message, detail: null }] })),
  );
}

function ok(
  status: number,
  headers: Record<string, string> = {},
  body: Uint8Array = NO_BYTES,
): FakeAnswer {
  return { status, headers, body };
}

function complete(
  answer: Partial<Omit<FakeAnswer, "body">> & { body?: FakeAnswer["body"] | string },
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
