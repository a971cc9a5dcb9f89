/**
 * One HTTP exchange: a request goes out, an answer comes back. What makes it happen is an {@linkcode Engine};
 * it follows nothing, retries nothing and decodes nothing.
 *
 * @module
 */

/** The body of a request that is made while it is sent. */
export interface StreamBody {
  /** Bytes in all, when known: sent as Content-Length; otherwise the body goes out chunked. */
  length: number | undefined;
  /** Whether `open` can be called again, for another try. */
  replayable: boolean;
  /** The bytes. Each piece is used up before the next one is asked for. */
  open(): AsyncIterator<Uint8Array>;
}

/** A request. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array | StreamBody | undefined;
  signal?: AbortSignal | undefined;
  /** Silence after which the connection is given up, in milliseconds. */
  idleMs: number;
  /** Whether a reader of the answer that pauses may lose it to another request: see `slots.ts`. @default false */
  resumable?: boolean | undefined;
  /** Whether it is sent at once, however many connections are open: see `slots.ts`. @default false */
  uncounted?: boolean | undefined;
}

/** The body of an answer, pulled piece by piece. */
export interface BodyReader {
  /**
   * The next bytes, at least one, or nothing after the last. They may be overwritten by the next call.
   *
   * @throws {BlobberError} `network`, `timeout`
   */
  read(): Promise<Uint8Array | undefined>;
  /** Gives the rest up and with it the connection. Safe at any time. */
  cancel(): Promise<void>;
}

/** An answer whose body has not been read yet. Every answer's body is read to the end or cancelled. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  /** Where the answer came from, after redirects. */
  url: URL;
  body: BodyReader;
}

/** Makes exchanges happen. */
export interface Engine {
  /**
   * @throws {ExchangeError} when no answer came; `interrupted` when it was aborted
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Whether answers from there pile up in memory when they are read slowly; not when left out. */
  pilesUp?(url: URL): boolean;
  /** Ends connections that stand open unused. */
  close?(): void;
}

/** Why no answer came, as far as it can be told apart. */
export type FailureKind =
  | "dns"
  | "dns-temporary"
  | "refused"
  /** This process may open no more files and connections. */
  | "too-many-open"
  | "tls"
  /** TLS was spoken to something that does not speak it. */
  | "not-tls"
  | "proxy"
  /** The runtime never connects to that port (Fetch standard, "Port blocking"). */
  | "blocked-port"
  | "timeout"
  | "broken";

/** Whether a request body is a stream rather than bytes. */
export function isStreamBody(body: HttpRequest["body"]): body is StreamBody {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** Statuses that send a client elsewhere (RFC 9110, 15.4). */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
