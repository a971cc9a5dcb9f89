/**
 * A login with a browser: authorization code with PKCE, back to a port of this machine
 * (RFC 6749, 4.1; RFC 7636; RFC 8252).
 *
 * @module
 */

import { theirs } from "@blobber/core/internal/caller-errors";
import { BlobberError, checkAborted, interruption } from "@blobber/core/errors";
import { LOGIN_TIMEOUT_MS } from "@blobber/core/limits";
import { endpointOf, findIssuer, type Issuer } from "./issuer.ts";
import { type Loopback, startLoopback } from "./loopback.ts";
import type { TokenSource } from "./token.ts";

/** Options of {@linkcode browserToken}. */
export interface BrowserOptions {
  /** The issuer's identifier. @default the one that belongs to the certificate authority */
  issuer?: string | undefined;
  /**
   * Opens a page in a browser. The address is `https:`, or `http:` on this machine, in printable ASCII, and
   * so never begins with `-`.
   */
  openBrowser: (url: string) => Promise<void> | void;
  /** How long to wait for the person, in milliseconds. @default 5 minutes */
  timeoutMs?: number | undefined;
}

/**
 * Logs in with a browser.
 *
 * @param options the issuer, and how to open a page
 */
export function browserToken(options: BrowserOptions): TokenSource {
  return {
    name: "the browser",
    async token(request) {
      const { clientId, context } = request;
      const issuer = await findIssuer(options.issuer, request);
      const { oauth } = issuer;
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
      const verifier = oauth.generateRandomCodeVerifier();
      const loopback = await startLoopback(state);
      try {
        const page = endpointOf(issuer, "authorization_endpoint");
        const query = {
          client_id: clientId,
          response_type: "code",
          scope: "openid email",
          redirect_uri: loopback.redirectUri,
          state,
          nonce,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        };
        for (const [name, value] of Object.entries(query)) page.searchParams.set(name, value);
        await theirs(() => options.openBrowser(page.href));
        const back = await comeback(loopback, options.timeoutMs, context.signal);
        return await redeem(issuer, back, { loopback, state, nonce, verifier });
      } finally {
        loopback.close();
      }
    },
  };
}

/** Waits for the browser, or for the end of patience. */
async function comeback(
  loopback: Loopback,
  timeoutMs = LOGIN_TIMEOUT_MS,
  signal?: AbortSignal,
): Promise<URL> {
  checkAborted(signal);
  let stop = () => {};
  const end = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(
        new BlobberError("unauthorized", `no login within ${timeoutMs / 1000} seconds`, {
          hint: "try again, or log in on another device",
        }),
      );
    }, timeoutMs);
    const abort = () => reject(interruption(signal!));
    signal?.addEventListener("abort", abort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([loopback.callback, end]);
  } finally {
    stop();
  }
}

/** Exchanges the code for a token, whose issuer, audience, time and nonce the library checks. */
async function redeem(
  issuer: Issuer,
  back: URL,
  own: { loopback: Loopback; state: string; nonce: string; verifier: string },
): Promise<string> {
  const { oauth, server, client, clientAuth, requests } = issuer;
  endpointOf(issuer, "token_endpoint");
  try {
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuth,
      oauth.validateAuthResponse(server, client, back, own.state),
      own.loopback.redirectUri,
      own.verifier,
      requests,
    );
    const { id_token } = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: own.nonce,
      requireIdToken: true,
    });
    return id_token!;
  } catch (error) {
    throw issuer.failed(error);
  }
}
