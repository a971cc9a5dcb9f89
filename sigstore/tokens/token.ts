/**
 * An OIDC identity token: what is read out of it before it is used. The certificate authority checks its
 * signature; nothing here relies on it.
 *
 * @module
 */

import { fromBase64Url } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { MAX_IDENTITY_TOKEN_CHARS } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import type { ServiceContext } from "../service.ts";
import { isObject } from "@blobber/core/internal/json";

/** A token and what it says. */
export interface IdentityToken {
  /** The token itself: a secret. */
  raw: string;
  issuer: string;
  subject: string;
  audience: string[];
  /** The e-mail address, when the token is about one: the certificate will be for it. */
  email?: string;
  /** The workflow that a job of GitHub Actions runs: the certificate's name ends in it. */
  workflow?: string;
  /** The issuer that the certificate will name: where a broker stands in between, the one behind it. */
  certifiedIssuer: string;
  /** Seconds since 1970. */
  expires: number;
}

/** What a source needs to get a token. */
export interface TokenRequest {
  /** The client that the token must be for. */
  clientId: string;
  /** Gives the issuer that belongs to the certificate authority, where it is known. */
  issuer?: (() => Promise<string | undefined>) | undefined;
  /** How services are asked. */
  context: ServiceContext;
}

/** One way to come by a token. */
export interface TokenSource {
  /** The source as a person knows it. */
  readonly name: string;
  /**
   * Gets the token.
   *
   * @returns the token, or `undefined` when this source is not there
   * @throws {BlobberError} `unauthorized` or `signing-service` when it is there and gives none
   */
  token(request: TokenRequest): Promise<string | undefined>;
}

/**
 * Reads a token and checks that it can be used.
 *
 * @param raw the token, with or without white space around it
 * @param clientId the client that it must be for
 * @param from where it came from, for messages
 * @throws {BlobberError} `unauthorized`
 */
export function readToken(raw: string, clientId: string, from: string): IdentityToken {
  const bad = (what: string, hint?: string): BlobberError =>
    new BlobberError("unauthorized", `the identity token from ${from} ${what}`, {
      ...(hint !== undefined && { hint }),
    });
  if (typeof raw !== "string") throw bad("is no string"); // a source of a caller's own gave it
  const text = bare(raw);
  const claims = text.length > MAX_IDENTITY_TOKEN_CHARS ? undefined : claimsOf(text);
  if (claims === undefined) throw bad("is not a JWT, expected three parts between dots");
  const { iss, sub, aud, exp } = claims;
  if (typeof iss !== "string" || typeof sub !== "string" || iss === "" || sub === "") {
    throw bad('has no issuer or no subject, expected "iss" and "sub"');
  }
  const audience = listOf(aud);
  if (!audience.includes(clientId)) {
    throw bad(
      `is for ${audience.map(quote).join(", ") || "no audience"}, expected ${quote(clientId)}`,
      "request one with that audience, or name the client that it is for",
    );
  }
  if (typeof exp !== "number" || !(exp > 0)) throw bad('says no time, expected "exp"');
  if (exp * 1000 <= Date.now()) {
    throw bad(
      `expired at ${new Date(Math.min(exp, 8e12) * 1000).toISOString()}`,
      "get a new one; tokens of CI systems are valid for some minutes and belong right before signing",
    );
  }
  if (claims.email !== undefined && claims.email_verified === false) {
    throw bad("holds an e-mail address that its issuer has not verified");
  }
  const federated = isObject(claims.federated_claims)
    ? claims.federated_claims.connector_id
    : undefined;
  return {
    raw: text,
    issuer: iss,
    subject: sub,
    audience,
    expires: exp,
    // dex, which Sigstore runs in front of GitHub, Google and Microsoft, says here which of them it was.
    certifiedIssuer: typeof federated === "string" && federated !== "" ? federated : iss,
    ...(typeof claims.email === "string" && claims.email !== "" && { email: claims.email }),
    ...(typeof claims.job_workflow_ref === "string" && { workflow: claims.job_workflow_ref }),
  };
}

/** The audience of a token; empty if it cannot be read. */
export function audienceOf(raw: string): string[] {
  return listOf(claimsOf(bare(raw))?.aud);
}

/** A token without white space around it, or the word that a header has in front of it (RFC 6750, 2.1). */
function bare(raw: string): string {
  return raw.trim().replace(/^bearer\s+/i, "");
}

function listOf(aud: unknown): string[] {
  return (Array.isArray(aud) ? aud as unknown[] : [aud]).filter((item) => typeof item === "string");
}

function claimsOf(text: string): Record<string, unknown> | undefined {
  const parts = text.split(".");
  const middle = parts.length === 3 && parts.every((part) => part !== "") ? parts[1]! : "";
  try {
    const bytes = fromBase64Url(middle);
    const value: unknown = bytes && JSON.parse(new TextDecoder("utf-8").decode(bytes));
    return isObject(value) ? value : undefined;
  } catch { // not JSON
    return undefined;
  }
}
