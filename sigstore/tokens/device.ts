/**
 * A login on another device (RFC 8628), for a terminal without a browser.
 *
 * @module
 */

import { theirs } from "@blobber/core/internal/caller-errors";
import { BlobberError } from "@blobber/core/errors";
import { LOGIN_TIMEOUT_MS } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { isLoopback } from "@blobber/core/internal/reference";
import type { ServiceContext } from "../service.ts";
import { endpointOf, findIssuer, type Issuer } from "./issuer.ts";
import type { TokenSource } from "./token.ts";

/** What a person is to be shown. It is safe to print. */
export interface DeviceLogin {
  /** The page to open. */
  verificationUri: string;
  /** The page's host, to be shown: users should know where they type a code. */
  host: string;
  /** The code to type there. */
  userCode: string;
  /** The page with the code filled in, where the issuer gives one. */
  completeUri?: string | undefined;
  /** When the code runs out. */
  expires: Date;
}

/** Options of {@linkcode deviceToken}. */
export interface DeviceOptions {
  /** The issuer's identifier. @default the one that belongs to the certificate authority */
  issuer?: string | undefined;
  /** Shows a person where to log in. */
  showDevice: (login: DeviceLogin) => Promise<void> | void;
}

/**
 * Logs in on another device.
 *
 * @param options the issuer, and how to show the code
 */
export function deviceToken(options: DeviceOptions): TokenSource {
  return {
    name: "the login on another device",
    async token(request) {
      const { context } = request;
      const issuer = await findIssuer(options.issuer, request);
      const { oauth, server, client, clientAuth, requests } = issuer;
      endpointOf(issuer, "device_authorization_endpoint");
      endpointOf(issuer, "token_endpoint");
      const verifier = oauth.generateRandomCodeVerifier();
      try {
        const answer = await oauth.deviceAuthorizationRequest(server, client, clientAuth, {
          scope: "openid email",
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        }, requests);
        const grant = await oauth.processDeviceAuthorizationResponse(server, client, answer);
        const seconds = Math.min(grant.expires_in, LOGIN_TIMEOUT_MS / 1000);
        const login = loginOf(grant, seconds);
        await theirs(() => options.showDevice(login));
        return await pollForToken(issuer, context, {
          verifier,
          deviceCode: grant.device_code,
          seconds,
          interval: grant.interval ?? 5,
        });
      } catch (error) {
        throw issuer.failed(error);
      }
    },
  };
}

/** What is shown is https or this machine, names its host, and steers no terminal. */
function loginOf(
  grant: { verification_uri: string; verification_uri_complete?: string; user_code: string },
  seconds: number,
): DeviceLogin {
  const page = pageOf(grant.verification_uri);
  if (page === undefined) {
    throw new BlobberError(
      "signing-service",
      `the OIDC issuer asks to log in at ${
        quote(grant.verification_uri)
      }, expected https, or http on this machine`,
    );
  }
  if (!/^[\x21-\x7e]{1,64}$/.test(grant.user_code)) {
    throw new BlobberError(
      "signing-service",
      `the OIDC issuer gives the code ${
        quote(grant.user_code)
      }, expected at most 64 printable characters`,
    );
  }
  const complete = pageOf(grant.verification_uri_complete ?? "");
  return {
    verificationUri: page.href,
    host: page.host,
    userCode: grant.user_code,
    completeUri: complete?.origin === page.origin ? complete.href : undefined,
    expires: new Date(Date.now() + seconds * 1000),
  };
}

function pageOf(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return undefined;
  const allowed = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.host));
  return allowed ? url : undefined;
}

/** Asks again and again, as slowly as the issuer wants (RFC 8628, 3.5). */
async function pollForToken(
  issuer: Issuer,
  context: ServiceContext,
  { verifier, deviceCode, ...patience }: {
    verifier: string;
    deviceCode: string;
    seconds: number;
    interval: number;
  },
): Promise<string> {
  const { oauth, server, client, clientAuth, requests } = issuer;
  let interval = Math.max(1, patience.interval);
  for (let waited = interval; waited <= patience.seconds; waited += interval) {
    await context.pause(interval * 1000, context.signal);
    const answer = await oauth.deviceCodeGrantRequest(server, client, clientAuth, deviceCode, {
      ...requests,
      additionalParameters: { code_verifier: verifier },
    });
    try {
      const { id_token } = await oauth.processDeviceCodeResponse(server, client, answer);
      if (id_token !== undefined) return id_token;
      throw new BlobberError(
        "signing-service",
        "the OIDC issuer answered without an identity token",
      );
    } catch (error) {
      const said = error instanceof oauth.ResponseBodyError ? error.error : undefined;
      if (said === "slow_down") interval += 5;
      else if (said !== "authorization_pending") throw error;
    }
  }
  throw new BlobberError("unauthorized", `no login within ${patience.seconds} seconds`, {
    hint: "try again, or give a token",
  });
}
