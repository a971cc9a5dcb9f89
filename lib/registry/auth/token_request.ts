/**
 * A token of a registry's token server: the request for one, on its way through redirects, and what the
 * answer holds. Loaded when a registry asks for tokens.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import {
  MAX_REDIRECTS,
  MAX_TOKEN_BYTES,
  MAX_TOKEN_LIFE_S,
  MIN_TOKEN_LIFE_S,
} from "../../limits.ts";
import type { Credentials } from "../../options.ts";
import { quote } from "../../text/printable.ts";
import { discardBody, readBody } from "../http/body.ts";
import type { HopPolicy } from "../http/redirect.ts";
import type { Challenge } from "./challenge.ts";
import { mergeScopes, type Scope } from "./scope.ts";
import { type HttpRequest, type HttpResponse, isRedirect } from "../http/exchange.ts";

/** What a request for a token needs from its surroundings. */
export interface TokenContext {
  /** Host of the registry for messages and credentials, canonical. */
  host: string;
  /** Checks an address that the registry names: see {@linkcode HopPolicy.check}. */
  check: HopPolicy["check"];
  /** One request with retries, without authentication and without redirects. */
  send: (request: Omit<HttpRequest, "idleMs">) => Promise<HttpResponse>;
}

/** What is wanted, and as whom. */
export interface Wanted {
  challenge: Challenge;
  /** What the request needs that was challenged. */
  scope: Scope;
  /** A URL of the registry. */
  registry: URL;
  credentials: Credentials | undefined;
}

/** A token, and how long it is good for. */
export interface Token {
  /** As it stands in a header. */
  token: string;
  /** Absent where the token is not of the server's making. */
  seconds?: number;
}

/** Secrets, which are kept out of every message: see {@linkcode Authenticator.redact}. */
export interface Secrets {
  add(secret: string): void;
  redact(text: string): string;
}

/**
 * Gets a token.
 *
 * @param context the registry and the way to it
 * @param wanted what for
 * @param how `secrets` learns what must not be shown
 * @throws {BlobberError} `unauthorized`, or what the token server's refusal means
 */
export async function fetchToken(
  context: TokenContext,
  wanted: Wanted,
  { secrets, signal }: { secrets: Secrets; signal: AbortSignal | undefined },
): Promise<Token> {
  const { host, check } = context;
  const { challenge, credentials } = wanted;
  const { checkRealm } = await import("../http/redirect.ts");
  const realm = checkRealm(challenge.parameters.get("realm")!, wanted.registry);
  await check(realm.href, wanted.registry, "the address of its token server");
  if (credentials !== undefined && "registryToken" in credentials) {
    return { token: checkedToken(credentials.registryToken) };
  }
  const service = challenge.parameters.get("service");
  const scopes = mergeScopes(wanted.scope, challenge.parameters.get("scope"));
  const request = credentials !== undefined && "identityToken" in credentials
    ? requestByRefreshToken(credentials.identityToken, { realm, service, scopes })
    : requestAs(credentials, { realm, service, scopes });
  const sent = request.headers["authorization"];
  if (sent !== undefined) secrets.add(sent.slice("Basic ".length));
  const response = await sendWithinOrigin(context, request, signal);
  if (response.status !== 200) {
    const { refusedError } = await import("../http/registry_error.ts");
    if (response.status === 401 || response.status === 403 || response.status === 400) {
      const refused = await refusedError(response, {
        doing: "asking for a token",
        repository: host,
        redact: (text) => secrets.redact(text),
      });
      throw new BlobberError(
        "unauthorized",
        credentials === undefined
          ? `authentication failed: there are no credentials for ${host}, ` +
            "and it gives access only to known users"
          : refused.httpStatus === 401
          ? refused.message
          : `authentication failed: ${refused.message}`,
        {
          hint: credentials === undefined
            ? [`log in to ${host} with `, { call: "storeLogin" }, ", docker login or podman login"]
            : `check the credentials that are stored for ${host}`,
        },
      );
    }
    throw await refusedError(response, {
      doing: `asking ${realm.host} for a token`,
      repository: host,
      redact: (text) => secrets.redact(text),
    });
  }
  const body = await readBody(response, MAX_TOKEN_BYTES, `token of ${realm.host}`);
  return parseToken(body, realm.host);
}

/**
 * Sends a request for a token where its server leads: within one origin and not beyond, because it carries
 * credentials, and an answer from elsewhere would be taken for the server's.
 */
async function sendWithinOrigin(
  context: TokenContext,
  first: TokenRequest,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const { host, send } = context;
  const refuse = (why: string) =>
    new BlobberError(
      "unauthorized",
      `authentication failed: the token server ${quote(first.url.host)} of ${host} ${why}`,
      { hint: "no credentials were sent there; the registry's operator can correct the address" },
    );
  let request = first;
  const seen = new Set([request.url.href]);
  for (let hops = 0;; hops++) {
    const response = await send({ ...request, signal });
    const location = response.headers.get("location");
    if (!isRedirect(response.status) || location === null) return response;
    await discardBody(response);
    if (!URL.canParse(location, request.url)) {
      throw refuse("redirects to something that is not a URL");
    }
    const url = new URL(location, request.url);
    url.hash = "";
    if (url.origin !== first.url.origin || url.username !== "" || url.password !== "") {
      throw refuse(
        `redirects to ${quote(url.origin)}, expected an address of its own: it is not followed`,
      );
    }
    if (hops >= MAX_REDIRECTS) throw refuse(`redirects more than ${MAX_REDIRECTS} times`);
    if (seen.has(url.href)) throw refuse("redirects in a circle");
    seen.add(url.href);
    // RFC 9110, 15.4: 303 asks for a GET, 301 and 302 are answered with one by every client, 307 and 308
    // keep method and body.
    if (request.method === "GET" || response.status >= 307) request = { ...request, url };
    else {
      const { "content-type": _, ...headers } = request.headers;
      request = { method: "GET", url, headers };
    }
  }
}

/** Where a token is asked for, and what for. */
interface TokenPlace {
  realm: URL;
  service: string | undefined;
  scopes: string[];
}

type TokenRequest = Pick<HttpRequest, "method" | "url" | "headers" | "body">;

/** `GET REALM?service=…&scope=…` (distribution's token spec, "Requesting a token"). */
function requestAs(
  credentials: Credentials | undefined,
  { realm, service, scopes }: TokenPlace,
): TokenRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credentials !== undefined && "password" in credentials) {
    url.searchParams.set("account", credentials.username);
    headers["authorization"] = basicAuthorization(credentials.username, credentials.password);
  }
  return { method: "GET", url, headers };
}

/** `POST REALM` with a refresh token (distribution's OAuth2 token spec). */
function requestByRefreshToken(
  identityToken: string,
  { realm: url, service, scopes }: TokenPlace,
): TokenRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: "blobber",
    service: service ?? "",
    scope: scopes.join(" "),
    refresh_token: identityToken,
  });
  return {
    method: "POST",
    url,
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new TextEncoder().encode(form.toString()),
  };
}

function parseToken(body: Uint8Array, host: string): Token {
  const fail = (why: string) =>
    new BlobberError("unauthorized", `authentication failed: the answer of ${quote(host)} ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw fail("is not JSON");
  }
  const { token, access_token: access, expires_in: expires } = Object(json);
  // Either name is right, and both mean the same when both are there.
  const chosen = typeof token === "string" && token !== "" ? token : access;
  if (typeof chosen !== "string" || chosen === "") throw fail("holds no token");
  const seconds =
    typeof expires === "number" && expires > MIN_TOKEN_LIFE_S && expires < MAX_TOKEN_LIFE_S
      ? expires
      : MIN_TOKEN_LIFE_S;
  return { token: checkedToken(chosen), seconds };
}

/** A token as it may stand in a header (RFC 6750, 2.1, and what registries send beyond that). */
function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new BlobberError(
    "unauthorized",
    "authentication failed: the token holds characters that no header may",
  );
}

/**
 * Credentials as the `Basic` scheme has them (RFC 7617).
 *
 * @param username the user
 * @param password their password, or a token in its place
 */
export function basicAuthorization(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
