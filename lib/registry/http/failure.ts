/**
 * What runtimes say when a connection fails, told apart: Node's and Bun's codes, and the texts of Deno's
 * `fetch`, which has no codes.
 *
 * @module
 */

import { BlobberError, type BlobberErrorOptions, type Code, type Hint } from "../../errors.ts";
import { MAX_MESSAGE_CHARS } from "../../limits.ts";
import { cannotOpenFiles } from "../../system/runtime.ts";
import { missingPermission } from "../../system/system_error.ts";
import { printable } from "../../text/printable.ts";
import type { FailureKind } from "./exchange.ts";

/** A connection that failed. */
export class ExchangeError extends BlobberError {
  /** What failed. */
  readonly kind: FailureKind;

  /** @param kind what failed */
  constructor(kind: FailureKind, message: string, options: BlobberErrorOptions = {}) {
    super(CODE_OF[kind], message, options);
    this.kind = kind;
  }

  /** Whether the same request may work a moment later. */
  get mayPass(): boolean {
    return ["broken", "timeout", "dns-temporary", "too-many-open"].includes(this.kind);
  }
}

/** Every try of a request failed: the last failure, which is not to be tried again. */
export class GivenUpError extends BlobberError {
  /** @param last the failure of the last try */
  constructor(last: ExchangeError) {
    super(last.code, last.message, { ...last.advice, cause: last });
  }
}

const CODE_OF: Record<FailureKind, Code> = {
  "dns": "network",
  "dns-temporary": "network",
  "refused": "network",
  "too-many-open": "network",
  "tls": "tls",
  "not-tls": "tls",
  "proxy": "network",
  "blocked-port": "network",
  "timeout": "timeout",
  "broken": "network",
};

const HINT: Partial<Record<FailureKind, Hint>> = {
  "dns": "check the spelling of the host and this machine's name resolution",
  "refused": "check the port, and that the registry is running",
  "too-many-open": [
    "let this process open more files (ulimit -n), or keep fewer open; a program can use fewer connections with ",
    { option: "maxConnections" },
  ],
  "tls": [
    "trust the registry's certificate authority with ",
    { option: "caCerts" },
    ", or accept any certificate with ",
    { option: "insecureSkipTlsVerify" },
  ],
  "not-tls": ["if the registry speaks plain HTTP, allow that with ", { option: "insecure" }],
  "blocked-port":
    "serve the registry on another port: browsers and what is like them block the ports " +
    "of other services, of mail and of X11 for instance",
  "proxy": "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and the credentials in them",
};

/** First match wins. Text is compared in lower case, with the error's code in front. */
const PATTERNS: [FailureKind, RegExp][] = [
  ["too-many-open", /\be[mn]file\b|too many open files/],
  ["blocked-port", /requests to port \d+ are blocked|\bbad port\b/],
  [
    "broken",
    /handshake eof|disconnected before secure tls|socket hang up|\beconnreset\b|\bepipe\b/,
  ],
  ["proxy", /proxy auth|proxy conn|tunnel|unsuccessful.*proxy|\b407\b/],
  [
    "not-tls",
    /invalidcontenttype|wrong.version.number|packet length too long|http request was sent/,
  ],
  [
    "tls",
    /certificate|cert_|_cert|self.signed|unable to (get|verify)|tls|ssl|handshake|eproto|altname|unknownissuer/,
  ],
  ["dns-temporary", /eai_again|temporary failure in name|try again/],
  ["dns", /enotfound|dns error|getaddrinfo|name or service|nodename|no such host|enodata/],
  ["refused", /econnrefused|connection ?refused|ehostunreach|enetunreach|no route|unreachable/],
  ["timeout", /etimedout|timed? ?out/],
];

/**
 * Makes the error of an exchange that failed: an {@linkcode ExchangeError}, or `missing-permission` where the
 * runtime did not let it begin.
 *
 * @param cause what the runtime threw
 * @param what what was under way, for the message: `GET https://ghcr.io/v2/…`
 */
export function exchangeError(cause: unknown, what: string): BlobberError {
  if (cause instanceof ExchangeError) return cause;
  const withheld = missingPermission(cause);
  if (withheld !== undefined) return withheld;
  const text = textOf(cause);
  const found = PATTERNS.find(([, pattern]) => pattern.test(text.toLowerCase()))?.[0] ?? "broken";
  // Bun says of a connection that it had no descriptor for what it says of one that was refused.
  const kind = found === "refused" && cannotOpenFiles() ? "too-many-open" : found;
  const hint = HINT[kind] ??
    (/handshake eof|before secure tls/i.test(text) ? HINT["not-tls"] : undefined);
  return new ExchangeError(kind, `${what}: ${SENTENCE[kind]}: ${shorten(text)}`, {
    cause,
    hint,
  });
}

const SENTENCE: Record<FailureKind, string> = {
  "dns": "the host has no address",
  "dns-temporary": "the host's address cannot be looked up now",
  "refused": "no connection",
  "too-many-open": "this process has too many files and connections open",
  "tls": "the TLS certificate is not trusted, or TLS failed",
  "not-tls": "the answer is not TLS",
  "proxy": "the proxy did not connect",
  "blocked-port": "this runtime blocks the port",
  "timeout": "no answer in time",
  "broken": "the connection broke",
};

/** Code and text of an error and of what caused it. */
function textOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    const text = at.message || at.name;
    parts.push(typeof code === "string" && !text.includes(code) ? `${code} ${text}` : text);
  }
  // The innermost says most: "fetch failed" tells nothing.
  return (parts.at(-1) ?? String(error)).replace(
    /^error sending request.*?: client error/,
    "client error",
  ) +
    (parts.length > 1 && /^[A-Z_]+ /.test(parts[0]!) ? ` (${parts[0]})` : "");
}

function shorten(text: string): string {
  return printable(text.replace(/\s+/g, " "), MAX_MESSAGE_CHARS);
}

/**
 * The error of a connection on which nothing moved.
 *
 * @param what what was under way
 * @param ms for how long
 */
export function idleError(what: string, ms: number): ExchangeError {
  return new ExchangeError("timeout", `${what}: nothing came or went for ${ms / 1000} seconds`);
}

/**
 * What a request is, for messages: method and URL without query, which may hold a signature, and without
 * anything that steers a terminal.
 *
 * @param method HTTP method
 * @param url where to
 */
export function nameOf(method: string, url: URL): string {
  return `${method} ${printable(url.origin + url.pathname, MAX_MESSAGE_CHARS)}`;
}
