/**
 * A small Sigstore in this process: OIDC issuer, certificate authority with SCTs, Rekor of both versions and
 * a timestamp authority, on one loopback port, with the trusted root that verifies what they sign, a hook
 * that makes any request go wrong, and a record of what was asked.
 *
 * ```ts ignore
 * const sigstore = await startSigstore();
 * sigstore.onRequest = ({ service }) => service === "tsa" ? { status: 503 } : undefined;
 * // … sign with sigstore.urls …
 * verify(bundle, sigstore.trustedRoot());
 * await sigstore.close();
 * ```
 *
 * @module
 */

import { createPublicKey, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fromBase64, toBase64 } from "../../lib/bytes.ts";
import { readPem, toPem } from "../../sigstore/encoding/pem.ts";
import { flatHeaders, listen } from "./registry/http_server.ts";
import { FakeCa, leafOf, type LeafOptions } from "./sigstore/ca.ts";
import { FakeOidc, GITHUB_REQUEST_TOKEN, type OidcAnswer } from "./sigstore/oidc.ts";
import { FakeRekorV1, FakeRekorV2 } from "./sigstore/rekor.ts";
import { FakeTsa } from "./sigstore/tsa.ts";
import { sha256 } from "./sigstore/keys.ts";

export type { FakeKey } from "./sigstore/keys.ts";
export type { LeafOptions, San } from "./sigstore/ca.ts";
export { GITHUB_CLAIMS } from "./sigstore/oidc.ts";

type Json = Record<string, unknown>;

/** The services, by the first part of the path. */
export type FakeService = "oidc" | "fulcio" | "rekor1" | "rekor2" | "tsa";

/** A request, as the hook sees it and as it is recorded. */
export interface SigstoreRequest {
  service: FakeService;
  method: string;
  /** Behind the service's base URL, with the query. */
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** What the hook may do instead of the service. */
export type SigstoreFault =
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Never answer, cut the connection, or do what is asked and cut the connection then. */
  | "hang"
  | "cut"
  | "lose"
  /** Change what the service answers. */
  | { rewrite: (body: Json) => Json };

/** What services answer, before it is written. */
interface Answer {
  status: number;
  body: string | Uint8Array;
  headers: Record<string, string>;
}

/** A Sigstore that runs. */
export interface FakeSigstore {
  /** Base URLs; `tsa` is the endpoint itself. */
  urls: Record<FakeService, string>;
  oidc: FakeOidc;
  ca: FakeCa;
  rekor1: FakeRekorV1;
  rekor2: FakeRekorV2;
  tsa: FakeTsa;
  /** Every request so far. */
  requests: SigstoreRequest[];
  /** Called before each request is served. */
  onRequest: ((request: SigstoreRequest) => SigstoreFault | undefined) | undefined;
  /** Changes the certificates that the authority issues. */
  onIssue: ((leaf: LeafOptions) => LeafOptions) | undefined;
  /** The trusted root, parsed; without certificate logs when asked. */
  trustedRoot(options?: { ct?: boolean }): Json;
  /** The signing configuration with Rekor of one version, parsed. */
  signingConfig(version: 1 | 2): Json;
  /** The variables of a job of GitHub Actions. */
  githubEnvironment(): Record<string, string>;
  /** Stops all of it. */
  close(): Promise<void>;
}

/** Starts a Sigstore on a free loopback port. */
export async function startSigstore(): Promise<FakeSigstore> {
  const listening = await listen((request, response) => void handle(request, response));
  const base = listening.url;
  const urls: Record<FakeService, string> = {
    oidc: `${base}/oidc`,
    fulcio: `${base}/fulcio`,
    rekor1: `${base}/rekor1`,
    rekor2: `${base}/rekor2`,
    tsa: `${base}/tsa`,
  };
  const fake: FakeSigstore = {
    urls,
    oidc: new FakeOidc(urls.oidc),
    ca: new FakeCa(),
    rekor1: new FakeRekorV1(),
    rekor2: new FakeRekorV2(),
    tsa: new FakeTsa(),
    requests: [],
    onRequest: undefined,
    onIssue: undefined,
    trustedRoot: (options) => trustedRootOf(fake, options?.ct ?? true),
    signingConfig: (version) => signingConfigOf(urls, version),
    githubEnvironment: () => ({
      GITHUB_ACTIONS: "true",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${urls.oidc}/gha/token?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: GITHUB_REQUEST_TOKEN,
    }),
    close: listening.close,
  };
  return fake;

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of message) parts.push(part as Uint8Array);
    const [, service = "", path = ""] = /^\/([^/?]+)(.*)$/.exec(message.url ?? "") ?? [];
    const request: SigstoreRequest = {
      service: service as FakeService,
      method: message.method ?? "",
      path,
      headers: flatHeaders(message),
      body: new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer()),
    };
    fake.requests.push(request);
    const fault = fake.onRequest?.(request);
    if (fault === "hang") return;
    if (fault === "cut") return void message.socket.destroy();
    let answer: Answer;
    if (typeof fault === "object" && "status" in fault) {
      answer = { status: fault.status, body: fault.body ?? "", headers: fault.headers ?? {} };
    } else {
      answer = serve(fake, request);
      if (fault === "lose") return void message.socket.destroy();
      if (fault !== undefined) {
        answer.body = JSON.stringify(fault.rewrite(JSON.parse(answer.body as string)));
      }
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }
}

function serve(fake: FakeSigstore, request: SigstoreRequest): Answer {
  const { service, method, body } = request;
  const url = new URL(request.path, "http://fake.test");
  const route = `${method} ${service}${url.pathname}`;
  if (service === "oidc") return oidc(fake, request, url);
  if (route.startsWith("GET rekor1/api/v1/log/entries/")) {
    const { status, body } = fake.rekor1.get(url.pathname.split("/").at(-1)!);
    return json(status, body);
  }
  switch (route) {
    case "POST fulcio/api/v2/signingCert":
      return certificate(fake, parse(body));
    case "POST rekor1/api/v1/log/entries": {
      const { status, body: answer, location } = fake.rekor1.add(parse(body));
      return json(status, answer, location === undefined ? {} : { location });
    }
    case "POST rekor2/api/v2/log/entries": {
      const { status, body: answer } = fake.rekor2.add(parse(body));
      return json(status, answer);
    }
    case "POST tsa/": // new URL makes a path of nothing
      return {
        status: 201,
        body: fake.tsa.answer(body),
        headers: { "content-type": "application/timestamp-reply" },
      };
  }
  return json(404, { code: 404, message: `path ${url.pathname} was not found` });
}

function oidc(fake: FakeSigstore, request: SigstoreRequest, url: URL): Answer {
  if (url.pathname === "/gha/token") {
    if (request.headers.authorization !== `Bearer ${GITHUB_REQUEST_TOKEN}`) {
      return json(401, { message: "bad request token" });
    }
    const aud = url.searchParams.get("audience") ?? "https://github.com/acme";
    return json(200, { value: fake.oidc.githubToken({ aud }) });
  }
  const form = new URLSearchParams(new TextDecoder().decode(request.body));
  const answer: OidcAnswer = fake.oidc.answer(request.method, url.pathname, url.searchParams, form);
  if (typeof answer.body === "string") {
    return { status: answer.status, body: answer.body, headers: { "content-type": "text/plain" } };
  }
  return json(
    answer.status,
    answer.body ?? {},
    answer.location ? { location: answer.location } : {},
  );
}

/** What Fulcio does: token, proof of possession, certificate. */
function certificate(fake: FakeSigstore, body: Json): Answer {
  const { credentials, publicKeyRequest } = body as {
    credentials: { oidcIdentityToken: string };
    publicKeyRequest: { publicKey: { content: string }; proofOfPossession: string };
  };
  const claims = fake.oidc.claims(credentials.oidcIdentityToken);
  if (claims === undefined || claims.aud !== "sigstore") {
    return json(401, { code: 16, message: "There was an error processing the identity token" });
  }
  const subject = new TextEncoder().encode(String(claims.email ?? claims.sub));
  const { publicKey, proofOfPossession } = publicKeyRequest;
  const key = createPublicKey(publicKey.content);
  if (!verify("sha256", subject, key, fromBase64(proofOfPossession)!)) {
    return json(400, {
      code: 3,
      message: "The signature supplied in the request could not be verified",
    });
  }
  const usual = leafOf(claims, readPem(publicKey.content)[0]!.der);
  const leaf = fake.ca.issue(fake.onIssue?.(usual) ?? usual);
  const chain = [leaf, fake.ca.intermediate, fake.ca.root].map((der) => toPem("CERTIFICATE", der));
  return json(200, { signedCertificateEmbeddedSct: { chain: { certificates: chain } } });
}

function trustedRootOf(fake: FakeSigstore, ct: boolean): Json {
  const validFor = { start: "2020-01-01T00:00:00Z" };
  const log = (baseUrl: string, spki: Uint8Array, keyId: Uint8Array, keyDetails: string) => ({
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: toBase64(spki), keyDetails, validFor },
    logId: { keyId: toBase64(keyId) },
  });
  const authority = (uri: string, commonName: string, chain: Uint8Array[]) => ({
    subject: { organization: "fake", commonName },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: toBase64(der) })) },
    validFor,
  });
  const { ca, rekor1, rekor2, tsa, urls } = fake;
  const p256 = "PKIX_ECDSA_P256_SHA_256";
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    // The origin of a checkpoint must be contained in its log's URL, for the JavaScript verifier.
    tlogs: [
      log(`http://${rekor1.name}`, rekor1.key.spki, rekor1.keyId, p256),
      log(`http://${rekor2.name}`, rekor2.key.spki, rekor2.keyId, "PKIX_ED25519"),
    ],
    certificateAuthorities: [authority(urls.fulcio, "fake-root", [ca.intermediate, ca.root])],
    ctlogs: ct ? [log("http://ct.test", ca.ctKey.spki, sha256(ca.ctKey.spki), p256)] : [],
    timestampAuthorities: [authority(urls.tsa, "fake-tsa-root", [tsa.certificate, tsa.root])],
  };
}

function signingConfigOf(urls: FakeSigstore["urls"], version: 1 | 2): Json {
  const service = (url: string, majorApiVersion = 1) => ({
    url,
    majorApiVersion,
    validFor: { start: "2020-01-01T00:00:00Z" },
    operator: "fake",
  });
  return {
    mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
    caUrls: [service(urls.fulcio)],
    oidcUrls: [service(urls.oidc)],
    rekorTlogUrls: [service(version === 1 ? urls.rekor1 : urls.rekor2, version)],
    rekorTlogConfig: { selector: "ANY" },
    tsaUrls: [service(urls.tsa)],
    tsaConfig: { selector: "ANY" },
  };
}

function parse(body: Uint8Array): Json {
  return JSON.parse(new TextDecoder().decode(body));
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  };
}
