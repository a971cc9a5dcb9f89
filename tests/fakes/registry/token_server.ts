/**
 * A token server (distribution's token and OAuth2 specifications), and the guard that makes a fake registry
 * ask for its tokens.
 *
 * @module
 */

import { flatHeaders, type KeyPair, listen } from "./http_server.ts";
import type { CannedAnswer, FakeRequest } from "./registry_types.ts";

/** How a token server behaves. */
export interface TokenServerOptions {
  /** Passwords by user. @default none */
  users?: Record<string, string>;
  /** Users by identity token. @default none */
  identityTokens?: Record<string, string>;
  /** What strangers may do: `pull`, or nothing. @default "pull" */
  anonymous?: "pull" | "nothing" | "refused";
  tls?: KeyPair;
  /** In place of the answer that would be given. */
  onRequest?: (request: TokenRequest) => CannedAnswer | undefined;
  /** Waited for before anything is answered. */
  beforeAnswer?: (() => Promise<void>) | undefined;
}

/** A request for a token. */
export interface TokenRequest {
  number: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Query of a GET, form of a POST. */
  fields: URLSearchParams;
}

/** A running token server. */
export interface TokenServer {
  /** The realm that challenges name. */
  realm: string;
  options: TokenServerOptions;
  requests: TokenRequest[];
  /** Every token that was given out and not revoked, and the scopes that it is for. */
  tokens: Map<string, string[]>;
  /** For {@linkcode FakeRegistryOptions.authorize}: asks for tokens of this server. */
  guard: (request: FakeRequest) => CannedAnswer | undefined;
  close(): Promise<void>;
}

/** Starts a token server. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const requests: TokenRequest[] = [];
  const tokens = new Map<string, string[]>();
  const listening = await listen(async (message, response) => {
    const url = new URL(message.url ?? "/", "http://token.invalid");
    let form = "";
    for await (const part of message) form += new TextDecoder().decode(part);
    const request: TokenRequest = {
      number: requests.length + 1,
      method: message.method ?? "GET",
      url: message.url ?? "/",
      headers: flatHeaders(message),
      fields: message.method === "POST" ? new URLSearchParams(form) : url.searchParams,
    };
    requests.push(request);
    const answer = server.options.onRequest?.(request) ?? answerTo(request);
    await server.options.beforeAnswer?.();
    response.writeHead(answer.status ?? 200, answer.headers ?? {});
    response.end(answer.body ?? "");
  }, options.tls);

  function answerTo(request: TokenRequest): CannedAnswer {
    const user = userOf(request);
    if (user === "wrong") return { status: 401, body: '{"details":"incorrect user or password"}' };
    const { anonymous = "pull" } = server.options;
    if (user === undefined && anonymous === "refused") return { status: 401 };
    const scopes = request.fields.getAll("scope").flatMap((scope) => scope.split(" "))
      .filter((scope) => scope !== "")
      .map((scope) => {
        if (user !== undefined) return scope;
        const name = scope.slice(0, scope.lastIndexOf(":"));
        return `${name}:${anonymous === "pull" ? "pull" : ""}`;
      });
    const token = `token-${requests.length}`;
    tokens.set(token, scopes);
    return {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, expires_in: 300 }),
    };
  }

  function userOf({ method, headers, fields }: TokenRequest): string | undefined {
    const { users = {}, identityTokens = {} } = server.options;
    if (method === "POST") return identityTokens[fields.get("refresh_token") ?? ""] ?? "wrong";
    const given = /^Basic (.*)$/.exec(headers["authorization"] ?? "")?.[1];
    if (given === undefined) return undefined;
    const [name = "", password = ""] = new TextDecoder()
      .decode(Uint8Array.from(atob(given), (c) => c.charCodeAt(0))).split(/:(.*)/s);
    return users[name] === password ? name : "wrong";
  }

  const server: TokenServer = {
    realm: `${listening.url}/token`,
    options,
    requests,
    tokens,
    guard: (request) => {
      const { method, path, headers, query } = request;
      const name = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(path)?.[1] ?? "";
      const action = method === "GET" || method === "HEAD" ? "pull" : "push";
      const token = /^Bearer (.*)$/.exec(headers["authorization"] ?? "")?.[1];
      const granted = token === undefined ? undefined : tokens.get(token);
      const allows = (repository: string, what: string) =>
        granted?.some((scope) => {
          const at = scope.lastIndexOf(":");
          return scope.slice(0, at) === `repository:${repository}` &&
            scope.slice(at + 1).split(",").includes(what);
        });
      const from = query.get("from");
      if (allows(name, action) && (from === null || allows(from, "pull"))) return undefined;
      const wanted = `repository:${name}:${action === "push" ? "pull,push" : "pull"}`;
      return {
        status: 401,
        headers: {
          "www-authenticate": `Bearer realm="${server.realm}",service="fake",scope="${wanted}"` +
            (granted === undefined ? "" : ',error="insufficient_scope"'),
        },
        body: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      };
    },
    close: listening.close,
  };
  return server;
}
