/**
 * An OIDC issuer that signs real tokens, with the authorization-code flow (PKCE), the device flow, and the
 * token service of GitHub Actions beside it.
 *
 * @module
 */

import { createHash, randomUUID, verify } from "node:crypto";
import { fromBase64Url, toBase64 } from "../../../lib/bytes.ts";
import { FakeKey } from "./keys.ts";

type Json = Record<string, unknown>;

/** What the issuer answers. */
export interface OidcAnswer {
  status: number;
  body?: Json | string;
  location?: string;
}

const url64 = (data: string | Uint8Array) =>
  toBase64(typeof data === "string" ? new TextEncoder().encode(data) : data)
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** The claims that a job of GitHub Actions has. */
export const GITHUB_CLAIMS = {
  sub: "repo:acme/demo:ref:refs/heads/main",
  repository: "acme/demo",
  repository_id: "1",
  repository_owner: "acme",
  repository_owner_id: "2",
  repository_visibility: "public",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  workflow: "ci",
  event_name: "push",
  workflow_ref: "acme/demo/.github/workflows/ci.yml@refs/heads/main",
  workflow_sha: "0".repeat(40),
  job_workflow_ref: "acme/demo/.github/workflows/ci.yml@refs/heads/main",
  job_workflow_sha: "0".repeat(40),
  run_id: "1",
  runner_environment: "github-hosted",
} as const;

/** The bearer token that the token service of GitHub Actions wants. */
export const GITHUB_REQUEST_TOKEN = "fake-request-token";

/** The issuer. */
export class FakeOidc {
  /** Its identifier; those of GitHub Actions are below it, at `/gha`. */
  readonly issuer: string;
  readonly #key = new FakeKey("P-256");
  readonly #grants = new Map<string, Json>();
  /** Who logs in at a browser or on a device. */
  email = "dev@example.com";
  /** How often a device is told to wait before the login is approved. */
  devicePolls = 1;

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  /** A signed token; claims that are given replace the usual ones. */
  token(claims: Json = { email: this.email, email_verified: true, sub: this.email }): string {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: "sigstore", iat: now, nbf: now - 5, exp: now + 600 };
    const signed = `${url64(JSON.stringify({ alg: "ES256", typ: "JWT", kid: "k1" }))}.${
      url64(JSON.stringify({ ...usual, ...claims }))
    }`;
    return `${signed}.${url64(this.#key.sign(new TextEncoder().encode(signed)))}`;
  }

  /** A token of a job of GitHub Actions. */
  githubToken(claims: Json = {}): string {
    return this.token({ iss: `${this.issuer}/gha`, ...GITHUB_CLAIMS, ...claims });
  }

  /** The claims of a token of this issuer, or nothing when it is not one or has expired. */
  claims(token: string): Json | undefined {
    const [head, body, signature] = token.split(".");
    const bytes = fromBase64Url(signature ?? "");
    if (!bytes || !body) return undefined;
    const signed = new TextEncoder().encode(`${head}.${body}`);
    if (!verify("sha256", signed, this.#key.publicKey, bytes)) return undefined;
    const claims = JSON.parse(new TextDecoder().decode(fromBase64Url(body)));
    return claims.exp * 1000 > Date.now() ? claims : undefined;
  }

  /** Answers a request; the path is the one behind the issuer. */
  answer(method: string, path: string, query: URLSearchParams, form: URLSearchParams): OidcAnswer {
    switch (`${method} ${path}`) {
      case "GET /.well-known/openid-configuration":
        return { status: 200, body: this.discovery() };
      case "GET /auth":
        return this.#authorize(query);
      case "POST /device/code":
        return this.#device(form);
      case "POST /token":
        return this.#exchange(form);
      case "GET /token":
        return { status: 200, body: this.token() };
    }
    return { status: 404, body: { error: "not_found" } };
  }

  /** The discovery document. */
  discovery(): Json {
    return {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/keys`,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      device_authorization_endpoint: `${this.issuer}/device/code`,
      code_challenge_methods_supported: ["S256"],
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    };
  }

  /** Approves at once, as a browser with a session would see it. */
  #authorize(query: URLSearchParams): OidcAnswer {
    const code = randomUUID();
    this.#grants.set(code, Object.fromEntries(query));
    const back = new URL(query.get("redirect_uri")!);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    return { status: 302, location: back.href };
  }

  #device(form: URLSearchParams): OidcAnswer {
    const code = randomUUID();
    this.#grants.set(code, { device: true, polls: 0, ...Object.fromEntries(form) });
    return {
      status: 200,
      body: {
        device_code: code,
        user_code: "ABCD-EFGH",
        verification_uri: `${this.issuer}/device`,
        verification_uri_complete: `${this.issuer}/device?user_code=ABCD-EFGH`,
        expires_in: 300,
        interval: 1,
      },
    };
  }

  #exchange(form: URLSearchParams): OidcAnswer {
    const refused = (error: string): OidcAnswer => ({ status: 400, body: { error } });
    const code = form.get("code") ?? form.get("device_code") ?? "";
    const grant = this.#grants.get(code);
    if (grant === undefined) return refused("invalid_grant");
    if (grant.device && (grant.polls as number) < this.devicePolls) {
      grant.polls = grant.polls as number + 1;
      return refused("authorization_pending");
    }
    const challenge = url64(
      new Uint8Array(createHash("sha256").update(form.get("code_verifier") ?? "").digest()),
    );
    if (grant.code_challenge_method !== "S256" || challenge !== grant.code_challenge) {
      return refused("invalid_grant");
    }
    if (!grant.device && form.get("redirect_uri") !== grant.redirect_uri) {
      return refused("invalid_grant");
    }
    this.#grants.delete(code);
    const id_token = this.token({
      sub: this.email,
      email: this.email,
      email_verified: true,
      ...(grant.nonce ? { nonce: grant.nonce } : {}),
    });
    return {
      status: 200,
      body: { access_token: "unused", token_type: "Bearer", expires_in: 600, id_token },
    };
  }
}
