/**
 * An OIDC issuer as a person's login needs it: found by discovery, asked over bounded connections, and
 * never with its tokens in an error. The protocol itself is the library's.
 *
 * @module
 */

import type { AuthorizationServer, Client, ClientAuth } from "oauth4webapi";
import { isTheirs } from "@blobber/core/internal/caller-errors";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { MAX_MESSAGE_CHARS } from "@blobber/core/limits";
import { printable, quote } from "@blobber/core/internal/printable";
import { isLoopback } from "@blobber/core/internal/reference";
import { CallersError } from "../encoding/callers_error.ts";
import { askServiceOnce, reasonOf, type ServiceContext, serviceUrl } from "../service.ts";
import type { TokenRequest } from "./token.ts";

/** The library; its import waits for a login. */
export type OAuth = typeof import("oauth4webapi");

/** An issuer that was found. */
export interface Issuer {
  oauth: OAuth;
  server: AuthorizationServer;
  client: Client;
  clientAuth: ClientAuth;
  /** For every request of the library. */
  requests: { [key: symbol]: unknown; signal?: AbortSignal };
  /** What failed, as an error that names the issuer and quotes no token. */
  failed: (error: unknown) => unknown;
}

/**
 * Finds an issuer (OpenID Connect Discovery 1.0, 4). Whatever it says it is must be what was asked for.
 *
 * @param named its identifier, where the user names it
 * @param request who logs in, and which issuer it is where the user names none
 * @throws {BlobberError} `invalid-option`, `signing-service`
 */
export async function findIssuer(
  named: string | undefined,
  request: TokenRequest,
): Promise<Issuer> {
  const { clientId, context } = request;
  const issuer = named ?? await request.issuer?.();
  if (issuer === undefined) {
    // Tokens of the public issuer are sent to no other authority.
    throw new BlobberError("invalid-option", "no OIDC issuer to log in at", {
      hint: ["name the issuer of this certificate authority with ", { option: "issuer" }],
    });
  }
  serviceUrl(issuer, "OIDC issuer", true);
  const url = new URL(issuer);
  const oauth = await import("oauth4webapi");
  const failed = (error: unknown) => explain(oauth, url, error);
  const requests = {
    [oauth.allowInsecureRequests]: isLoopback(url.host),
    [oauth.customFetch]: boundedFetch(context),
  };
  try {
    const answer = await oauth.discoveryRequest(url, { algorithm: "oidc", ...requests });
    const server = await oauth.processDiscoveryResponse(url, answer);
    return {
      oauth,
      server,
      client: { client_id: clientId },
      clientAuth: oauth.None(),
      requests,
      failed,
    };
  } catch (error) {
    throw failed(error);
  }
}

/**
 * An endpoint that discovery named: https, or this machine.
 *
 * @param issuer what was found
 * @param key the endpoint's name in the discovery document
 * @throws {BlobberError} `signing-service`
 */
export function endpointOf(
  issuer: Issuer,
  key: "authorization_endpoint" | "token_endpoint" | "device_authorization_endpoint",
): URL {
  const value = issuer.server[key];
  try {
    return new URL(serviceUrl(typeof value === "string" ? value : "", key, true));
  } catch {
    throw new BlobberError(
      "signing-service",
      `the OIDC issuer ${quote(issuer.server.issuer)} has the ${key} ${
        quote(value)
      }, expected https, or http on this machine`,
    );
  }
}

/** `fetch` for the library: bounded, with an idle timeout, following no redirect. */
function boundedFetch(context: ServiceContext) {
  return async (
    url: string,
    options: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const { status, headers, bytes } = await askServiceOnce(context, {
      service: "the OIDC issuer",
      url: serviceUrl(url, "address at the OIDC issuer", true),
      method: options.method as "GET" | "POST",
      headers: options.headers,
      ...(options.body !== undefined && options.body !== null && { body: String(options.body) }),
    });
    const type = headers.get("content-type");
    return new Response(bytes.length === 0 ? null : bytes, {
      status: status === 0 ? 502 : status,
      headers: type === null ? {} : { "content-type": type },
    });
  };
}

/**
 * The library's errors carry answers and claims, so only their words are taken: an OAuth error code and its
 * description, or what was wrong with an answer.
 */
function explain(oauth: OAuth, issuer: URL, error: unknown): unknown {
  if (error instanceof CallersError) return error.thrown;
  if (isBlobberError(error) || isTheirs(error)) return error;
  let words = reasonOf(error);
  if (
    error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError
  ) {
    words = printable(
      error.error + (error.error_description ? `: ${error.error_description}` : ""),
      MAX_MESSAGE_CHARS,
    );
  }
  return new BlobberError(
    "signing-service",
    `the OIDC issuer at ${printable(issuer.host)} failed: ${words}`,
    { hint: "try again, give a token, or sign with a key of your own" },
  );
}
