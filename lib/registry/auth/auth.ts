/**
 * Authentication with one registry: nothing is sent until it challenges a request. Then credentials are sent
 * once, and once more when a token has expired.
 *
 * @module
 */

import { untilAborted } from "../../caller_errors.ts";
import { checkAborted } from "../../errors.ts";
import { TOKEN_MARGIN_MS } from "../../limits.ts";
import type { Credentials } from "../../options.ts";
import type { Challenge } from "./challenge.ts";
import type { HttpResponse } from "../http/exchange.ts";
import type { Scope } from "./scope.ts";
import type { TokenContext, Wanted } from "./token_request.ts";
import type { Clock } from "../../system/clock.ts";
import type { Shared } from "../../system/shared.ts";

/** What authentication needs from its surroundings. */
export interface AuthContext extends TokenContext {
  clock: Clock;
  /** Asked once, after the first challenge. */
  credentials: () => Promise<Credentials | undefined>;
}

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
    if (known !== undefined && known.expires - TOKEN_MARGIN_MS > this.#context.clock.now()) {
      return known.header;
    }
    if (this.#bearer === undefined) return undefined;
    return await this.#token({ challenge: this.#bearer, scope, registry }, signal);
  }

  /**
   * Takes up the challenge of a 401.
   *
   * @param response the answer; its body is left alone
   * @param refused what the request needs, and the `Authorization` that was refused
   * @returns the one to try now, or nothing when there is none left
   */
  async answer(
    response: HttpResponse,
    refused: { scope: Scope; used: string | undefined },
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const { scope, used } = refused;
    const { parseChallenges } = await import("./challenge.ts");
    const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
    const bearer = challenges.find(({ scheme, parameters }) =>
      scheme === "bearer" && parameters.has("realm")
    );
    if (bearer !== undefined) {
      this.#basic = undefined;
      this.#bearer = bearer;
      this.#tokens.delete(scope.join(" "));
      const wanted = { challenge: bearer, scope, registry: response.url };
      return await this.#token(wanted, signal);
    }
    if (!challenges.some(({ scheme }) => scheme === "basic")) return undefined;
    const credentials = await untilAborted(signal, this.#load());
    if (credentials === undefined || !("password" in credentials)) return undefined;
    const { basicAuthorization } = await import("./token_request.ts");
    const header = basicAuthorization(credentials.username, credentials.password);
    this.#secrets.add(header.slice("Basic ".length));
    if (header === used) return undefined; // the same again gets the same answer
    this.#basic = header;
    return header;
  }

  /** Takes credentials and tokens out of a text: some servers echo what they were sent. */
  redact(text: string): string {
    let redacted = text;
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, "[redacted]");
    return redacted;
  }

  #load(): Promise<Credentials | undefined> {
    return this.#credentials ??= this.#context.credentials().then((found) => {
      for (const [field, value] of Object.entries(found ?? {})) {
        if (field !== "username" && value.length > 2) this.#secrets.add(value);
      }
      return found;
    });
  }

  /** A token for a scope. Callers that want the same one at a time share the request. */
  async #token(
    wanted: Omit<Wanted, "credentials">,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    checkAborted(signal);
    const { Shared } = await import("../../system/shared.ts");
    const key = wanted.scope.join(" ");
    let shared = this.#pending.get(key);
    if (shared === undefined) {
      shared = new Shared((stop) => this.#fetchToken(wanted, stop));
      this.#pending.set(key, shared);
    }
    try {
      return await shared.wait(signal);
    } finally {
      // Over, or given up by every caller: the next one begins anew.
      if (shared.idle && this.#pending.get(key) === shared) this.#pending.delete(key);
    }
  }

  async #fetchToken(
    challenged: Omit<Wanted, "credentials">,
    signal: AbortSignal,
  ): Promise<string> {
    const { fetchToken } = await import("./token_request.ts");
    const credentials = await this.#load();
    const wanted = { ...challenged, credentials };
    const secrets = {
      add: (secret: string) => void this.#secrets.add(secret),
      redact: (text: string) => this.redact(text),
    };
    const { token, seconds } = await fetchToken(this.#context, wanted, { secrets, signal });
    this.#secrets.add(token);
    const header = `Bearer ${token}`;
    if (seconds !== undefined) {
      const expires = this.#context.clock.now() + seconds * 1000;
      this.#tokens.set(challenged.scope.join(" "), { header, expires });
    }
    return header;
  }
}
