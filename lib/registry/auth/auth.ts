/**
 * Who we are to one registry: it is asked nothing until it challenges us, and then told once, and once more
 * when a token has run out.
 *
 * @module
 */

import type { Credentials } from "../../options.ts";
import type { Challenge } from "./challenge.ts";
import type { HttpResponse } from "../http/exchange.ts";
import type { Scope } from "./scope.ts";
import type { TokenContext } from "./token_request.ts";
import type { Clock } from "../../system/clock.ts";
import type { Shared } from "../../system/shared.ts";

/** What authentication needs from its surroundings. */
export interface AuthContext extends TokenContext {
  clock: Clock;
  /** Asked once, after the first challenge. */
  credentials: () => Promise<Credentials | undefined>;
}

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
  readonly #pending = new Map<string, Shared<string>>();
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
    const { basic } = await import("./token_request.ts");
    const header = basic(credentials.username, credentials.password);
    this.#secrets.add(header.slice("Basic ".length));
    if (header === used) return undefined; // the same again gets the same answer
    this.#basic = header;
    return header;
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

  /** A token for a scope; those who want the same one at a time share the request. */
  async #token(
    challenge: Challenge,
    scope: Scope,
    registry: URL,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    signal?.throwIfAborted();
    const { Shared } = await import("../../system/shared.ts");
    const key = scope.join(" ");
    let shared = this.#pending.get(key);
    if (shared === undefined) {
      shared = new Shared((stop) => this.#fetchToken(challenge, scope, registry, stop));
      this.#pending.set(key, shared);
    }
    try {
      return await shared.wait(signal);
    } finally {
      // Over, or given up by all: the next one begins anew.
      if (shared.idle && this.#pending.get(key) === shared) this.#pending.delete(key);
    }
  }

  async #fetchToken(
    challenge: Challenge,
    scope: Scope,
    registry: URL,
    signal: AbortSignal,
  ): Promise<string> {
    const { fetchToken } = await import("./token_request.ts");
    const credentials = await this.#load();
    const wanted = { challenge, scope, registry, credentials };
    const secrets = {
      add: (secret: string) => void this.#secrets.add(secret),
      redact: (text: string) => this.redact(text),
    };
    const { token, seconds } = await fetchToken(this.#context, wanted, secrets, signal);
    this.#secrets.add(token);
    const header = `Bearer ${token}`;
    if (seconds !== undefined) {
      const expires = this.#context.clock.now() + seconds * 1000;
      this.#tokens.set(scope.join(" "), { header, expires });
    }
    return header;
  }
}
