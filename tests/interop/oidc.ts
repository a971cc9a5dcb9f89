/**
 * An OpenID Connect issuer for tests. It knows no users: every caller gets a token for the name it asks for.
 * It issues e-mail tokens by link, by authorization code with PKCE and by device code, and plays the token
 * service of GitHub Actions under `/actions`.
 *
 * @module
 */

import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";

/** The secret with which a job asks `/actions` for a token. */
export const ACTIONS_SECRET = "secret-of-the-job";

/** The workflow that tokens of `/actions` are for, unless the request names another as `workflow`. */
export const WORKFLOW = "acme/demo/.github/workflows/ci.yml@refs/heads/main";

/** An issuer that runs. */
export interface Issuer extends AsyncDisposable {
  /** The issuer's URL, without a slash at the end. */
  url: string;
  /** The issuer of tokens for workflows. */
  actionsUrl: string;
  /** Makes a token for an e-mail address. */
  token(email: string, claims?: Record<string, unknown>): string;
}

type Claims = Record<string, unknown>;

interface Grant {
  email: string;
  nonce?: string;
  /** Of an authorization code: what the exchange must match. */
  challenge?: string;
  redirect?: string;
  /** Of a device code: how often it was asked for before. */
  polls?: number;
}

/** Starts an issuer. */
export function startIssuer(): Issuer {
  // cosign takes a token given in a flag for a path unless it is signed with RS256.
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: "jwk" }), kid: "interop", use: "sig", alg: "RS256" };
  const part = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const issue = (claims: Claims): string => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 10, exp: now + 600 };
    const head = part({ typ: "JWT", alg: "RS256", kid: "interop" });
    const signed = `${head}.${part({ aud: "sigstore", ...times, ...claims })}`;
    const signature = sign("sha256", new TextEncoder().encode(signed), privateKey);
    return `${signed}.${signature.toString("base64url")}`;
  };
  const grants = new Map<string, Grant>();
  const refuse = (error: string) => Response.json({ error }, { status: 400 });

  const exchange = (form: FormData): Response => {
    const code = String(form.get("code") ?? form.get("device_code"));
    const grant = grants.get(code);
    if (grant === undefined) return refuse("invalid_grant");
    if (grant.polls !== undefined) {
      if (grant.polls++ === 0) return refuse("authorization_pending");
    } else {
      // RFC 7636, section 4.6
      const verifier = String(form.get("code_verifier") ?? "");
      const challenge = createHash("sha256").update(verifier).digest("base64url");
      if (challenge !== grant.challenge) return refuse("invalid_grant");
      if (form.get("redirect_uri") !== grant.redirect) return refuse("invalid_grant");
    }
    grants.delete(code);
    const nonce = grant.nonce === undefined ? {} : { nonce: grant.nonce };
    return Response.json({
      access_token: "of no use",
      token_type: "Bearer",
      expires_in: 600,
      id_token: issuer.token(grant.email, nonce),
    });
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const base = pathname.startsWith("/actions/") ? issuer.actionsUrl : issuer.url;
    const path = pathname.replace(/^\/actions\/(?!token)/, "/");
    switch (`${request.method} ${path}`) {
      case "GET /.well-known/openid-configuration":
        return Response.json({
          issuer: base,
          jwks_uri: `${base}/keys`,
          authorization_endpoint: `${base}/authorize`,
          token_endpoint: `${base}/token`,
          device_authorization_endpoint: `${base}/device`,
          response_types_supported: ["code", "id_token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
        });
      case "GET /keys":
        return Response.json({ keys: [key] });
      case "GET /token":
        return new Response(issuer.token(searchParams.get("email") ?? "dev@example.com"));
      case "GET /authorize": {
        const redirect = searchParams.get("redirect_uri") ?? "";
        const code = randomUUID();
        const nonce = searchParams.get("nonce");
        if (searchParams.get("code_challenge_method") !== "S256") return refuse("invalid_request");
        grants.set(code, {
          email: searchParams.get("login_hint") ?? "dev@example.com",
          challenge: searchParams.get("code_challenge") ?? "",
          redirect,
          ...(nonce === null ? {} : { nonce }),
        });
        const back = new URL(redirect);
        back.searchParams.set("code", code);
        back.searchParams.set("state", searchParams.get("state") ?? "");
        return new Response(null, { status: 302, headers: { location: back.href } });
      }
      case "POST /device": {
        await request.body?.cancel();
        const code = randomUUID();
        grants.set(code, { email: "dev@example.com", polls: 0 });
        return Response.json({
          device_code: code,
          user_code: "WXYZ-1234",
          verification_uri: `${issuer.url}/approve`,
          verification_uri_complete: `${issuer.url}/approve?code=WXYZ-1234`,
          expires_in: 300,
          interval: 1,
        });
      }
      case "POST /token":
        return exchange(await request.formData());
      case "GET /actions/token": {
        const secret = request.headers.get("authorization")?.replace(/^bearer /i, "");
        if (secret !== ACTIONS_SECRET) return new Response("wrong secret", { status: 401 });
        const aud = searchParams.get("audience") ?? "sigstore";
        return Response.json({
          value: issue({
            ...workflowClaims(searchParams.get("workflow") ?? WORKFLOW),
            iss: issuer.actionsUrl,
            aud,
          }),
        });
      }
      default:
        return new Response("not found", { status: 404 });
    }
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const issuer: Issuer = {
    url,
    actionsUrl: `${url}/actions`,
    token: (email, claims = {}) =>
      issue({ iss: url, sub: email, email, email_verified: true, ...claims }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return issuer;
}

/** @param workflow `OWNER/NAME/PATH@REF` */
function workflowClaims(workflow: string): Claims {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const [path, ref] = workflow.split("@");
  const [owner, name] = path!.split("/");
  return {
    sub: `repo:${owner}/${name}:ref:${ref}`,
    repository: `${owner}/${name}`,
    repository_id: "11",
    repository_owner: owner,
    repository_owner_id: "22",
    repository_visibility: "public",
    ref,
    sha: commit,
    event_name: "push",
    workflow: "ci",
    workflow_ref: workflow,
    workflow_sha: commit,
    job_workflow_ref: workflow,
    job_workflow_sha: commit,
    run_id: "33",
    run_attempt: "1",
    runner_environment: "github-hosted",
  };
}
