/**
 * Who we are to one registry: it is asked nothing until it challenges us, and then told once, and once more
 * when a token has run out.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { MAX_TOKEN_BYTES } from "../limits.ts";
import type { Credentials } from "../options.ts";
import { quote } from "../printable.ts";
import { drop, readBody } from "./body.ts";
import type { Challenge } from "./challenge.ts";
import { type HttpRequest, type HttpResponse, isRedirect } from "./exchange.ts";
import type { HopPolicy } from "./redirect.ts";
import type { Clock } from "./retry.ts";

/** What a request needs to be allowed: `repository:acme/app:pull,push`, one or several. */
export type Scope = readonly string[];

/** What authentication needs from its surroundings. */
export interface AuthContext {
  /** Host for messages and credentials, canonical. */
  host: string;
  /** Checks an address that the registry names: see {@linkcode HopPolicy.check}. */
  check: HopPolicy["check"];
  clock: Clock;
  /** Asked once, after the first challenge. */
  credentials: () => Promise<Credentials | undefined>;
  /** One request with retries, without authentication and without redirects. */
  send: (request: Omit<HttpRequest, "idleMs">) => Promise<HttpResponse>;
}

/** A token that says no time is good for this long (distribution's token spec, "expires_in"). */
const SHORTEST_LIFE_S = 60;
/** A token is not used in its last moments, in milliseconds. */
const MARGIN_MS = 5_000;

interface Token {
  header: string;
  expires: number;
}

/** Authentication with one registry. */
export class Authenticator {
  readonly #context: AuthContext;
  readonly #tokens = new Map<string, Token>();
  readonly #pending = new Map<string, Promise<string | undefined>>();
  readonly #secrets = new Set<string>();
  #credentials: Promise<Credentials | undefined> | undefined;
  #basic: string | undefined;
  #bearer: Challenge | undefined;

  /** @param context the registry and the way to it */
  constructor(context: AuthContext) {
    this.#context = context;
  }

  /**
   * The `Authorization` for a request, as far as it is known; after the first challenge, a token for a new
   * scope is asked for ahead of the request.
   *
   * @param scope what the request needs
   * @param registry a URL of the registry
   */
  async header(scope: Scope, registry: URL, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#basic !== undefined) return this.#basic;
    const known = this.#tokens.get(scope.join(" "));
    if (known !== undefined && known.expires - MARGIN_MS > this.#context.clock.now()) {
      return known.header;
    }
    if (this.#bearer === undefined) return undefined;
    return await this.#token(this.#bearer, scope, registry, signal);
  }

  /**
   * Takes up the challenge of a 401.
   *
   * @param response the answer; its body is left alone
   * @param scope what the request needs
   * @param used the `Authorization` that was refused
   * @returns the one to try now, or nothing when there is none left
   */
  async answer(
    response: HttpResponse,
    scope: Scope,
    used: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const { parseChallenges } = await import("./challenge.ts");
    const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
    const bearer = challenges.find(({ scheme, parameters }) =>
      scheme === "bearer" && parameters.has("realm")
    );
    if (bearer !== undefined) {
      this.#basic = undefined;
      this.#bearer = bearer;
      this.#tokens.delete(scope.join(" "));
      return await this.#token(bearer, scope, response.url, signal);
    }
    if (!challenges.some(({ scheme }) => scheme === "basic")) return undefined;
    const credentials = await this.#load();
    if (credentials === undefined || !("password" in credentials)) return undefined;
    const header = basic(credentials.username, credentials.password);
    this.#secrets.add(header.slice("Basic ".length));
    if (header === used) return undefined; // the same again gets the same answer
    this.#basic = header;
    return header;
  }

  /** Whether there are credentials for this registry, as far as it was looked. */
  async hasCredentials(): Promise<boolean> {
    return this.#credentials !== undefined && await this.#credentials !== undefined;
  }

  /** Takes credentials and tokens out of a text: some servers echo what they were sent. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, "[redacted]");
    return clean;
  }

  #load(): Promise<Credentials | undefined> {
    return this.#credentials ??= this.#context.credentials().then((found) => {
      for (const [field, value] of Object.entries(found ?? {})) {
        if (field !== "username" && value.length > 2) this.#secrets.add(value);
      }
      return found;
    });
  }

  /** A token for a scope; two that want the same one at a time share the request. */
  #token(
    challenge: Challenge,
    scope: Scope,
    registry: URL,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const key = scope.join(" ");
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = this.#fetchToken(challenge, scope, registry, signal)
        .finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  async #fetchToken(
    challenge: Challenge,
    scope: Scope,
    registry: URL,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const { host, check, clock, send } = this.#context;
    const { checkRealm } = await import("./redirect.ts");
    const realm = checkRealm(challenge.parameters.get("realm")!, registry);
    await check(realm.href, registry, "the address of its token server");
    const credentials = await this.#load();
    if (credentials !== undefined && "registryToken" in credentials) {
      return `Bearer ${clean(credentials.registryToken)}`;
    }
    const service = challenge.parameters.get("service");
    const scopes = mergeScopes(scope, challenge.parameters.get("scope"));
    const request = credentials !== undefined && "identityToken" in credentials
      ? refresh(realm, service, scopes, credentials.identityToken)
      : ask(realm, service, scopes, credentials);
    const sent = request.headers["authorization"];
    if (sent !== undefined) this.#secrets.add(sent.slice("Basic ".length));
    const response = await send({ ...request, signal });
    if (isRedirect(response.status)) {
      await drop(response);
      throw new BlobberError(
        "unauthorized",
        `authentication failed: the token server ${quote(realm.host)} of ${host} redirects, ` +
          "which is not followed",
      );
    }
    if (response.status !== 200) {
      const { refusal } = await import("./errors.ts");
      if (response.status === 401 || response.status === 403 || response.status === 400) {
        const refused = await refusal(response, {
          doing: "asking for a token",
          repository: host,
          redact: (text) => this.redact(text),
        });
        throw new BlobberError(
          "unauthorized",
          credentials === undefined
            ? `authentication failed: there are no credentials for ${host}, ` +
              "and it gives none to strangers"
            : refused.httpStatus === 401
            ? refused.message
            : `authentication failed: ${refused.message}`,
          {
            hint: credentials === undefined
              ? `log in to ${host} with blobber login, docker login or podman login`
              : `check the credentials that are stored for ${host}`,
          },
        );
      }
      throw await refusal(response, {
        doing: `asking ${realm.host} for a token`,
        repository: host,
        redact: (text) => this.redact(text),
      });
    }
    const body = await readBody(response, MAX_TOKEN_BYTES, `token of ${realm.host}`);
    const { token, seconds } = parseToken(body, realm.host);
    this.#secrets.add(token);
    const header = `Bearer ${token}`;
    this.#tokens.set(scope.join(" "), { header, expires: clock.now() + seconds * 1000 });
    return header;
  }
}

type TokenRequest = Pick<HttpRequest, "method" | "url" | "headers" | "body">;

/** `GET REALM?service=…&scope=…` (distribution's token spec, "Requesting a token"). */
function ask(
  realm: URL,
  service: string | undefined,
  scopes: string[],
  credentials: Credentials | undefined,
): TokenRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credentials !== undefined && "password" in credentials) {
    url.searchParams.set("account", credentials.username);
    headers["authorization"] = basic(credentials.username, credentials.password);
  }
  return { method: "GET", url, headers };
}

/** `POST REALM` with a refresh token (distribution's OAuth2 token spec). */
function refresh(
  url: URL,
  service: string | undefined,
  scopes: string[],
  identityToken: string,
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

function parseToken(body: Uint8Array, host: string): { token: string; seconds: number } {
  const fail = (why: string) =>
    new BlobberError("unauthorized", `authentication failed: the answer of ${quote(host)} ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw fail("is no JSON");
  }
  const { token, access_token: access, expires_in: expires } = Object(json);
  // Either name is right, and both mean the same when both are there.
  const chosen = typeof token === "string" && token !== "" ? token : access;
  if (typeof chosen !== "string" || chosen === "") throw fail("holds no token");
  const seconds = typeof expires === "number" && expires > SHORTEST_LIFE_S && expires < 1e7
    ? expires
    : SHORTEST_LIFE_S;
  return { token: clean(chosen), seconds };
}

/** A token as it may stand in a header (RFC 6750, 2.1, and what registries send beyond that). */
function clean(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new BlobberError(
    "unauthorized",
    "authentication failed: the token holds characters that no header may",
  );
}

/**
 * Our scope, and what the registry says is needed beyond it. Its word is not enough by itself: the first
 * challenge of a push may speak of reading only.
 */
function mergeScopes(ours: Scope, theirs: string | undefined): string[] {
  const merged = [...ours];
  const named = (scope: string) => scope.slice(0, scope.lastIndexOf(":"));
  for (const scope of (theirs ?? "").split(" ").slice(0, 8)) {
    if (scope !== "" && !ours.some((own) => named(own) === named(scope))) merged.push(scope);
  }
  return merged;
}

function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
