import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBlobberError } from "@blobber/core";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { serviceContext } from "../service.ts";
import { buildkiteToken } from "./buildkite.ts";
import { circleciToken } from "./circleci.ts";
import { environmentToken } from "./environment.ts";
import { findToken } from "./find.ts";
import { githubActionsToken } from "./github_actions.ts";
import { tokenFile } from "./given.ts";
import { googleToken } from "./google.ts";
import type { TokenSource } from "./token.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const context = serviceContext({ pause: () => Promise.resolve() });
const ask = (source: TokenSource | undefined) => source!.token({ clientId: "sigstore", context });

test("SIGSTORE_ID_TOKEN is used when it is set, and not when it is empty", async () => {
  assert.equal(await ask(environmentToken({ SIGSTORE_ID_TOKEN: "a.b.c" })), "a.b.c");
  assert.equal(environmentToken({ SIGSTORE_ID_TOKEN: " " }), undefined);
  assert.equal(environmentToken({}), undefined);
});

test("a token file is read each time, and one that is not there is an error that names it", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-token-"));
  try {
    const path = join(dir, "token");
    const source = tokenFile(path);
    await assert.rejects(ask(source), { code: "unauthorized" });
    writeFileSync(path, "one");
    assert.equal(await ask(source), "one");
    writeFileSync(path, "two");
    assert.equal(await ask(source), "two");
    writeFileSync(path, "x".repeat(1_000_000));
    await assert.rejects(ask(source), { code: "unauthorized", message: /too long/ });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a job of GitHub Actions asks its token service for our audience", async () => {
  const token = await ask(githubActionsToken(sigstore.githubEnvironment()));
  assert.equal(sigstore.oidc.claims(token!)!.repository, "acme/demo");
  const [request] = sigstore.requests;
  assert.equal(request!.path, "/gha/token?x=1&audience=sigstore");
  assert.equal(request!.headers.authorization, "Bearer fake-request-token");
});

test("a job of GitHub Actions without the permission is told which one", async () => {
  await assert.rejects(ask(githubActionsToken({ GITHUB_ACTIONS: "true" })), (error) => {
    assert.ok(isBlobberError(error, "unauthorized"));
    assert.match(error.hint!, /id-token: write/);
    return true;
  });
  assert.equal(githubActionsToken({}), undefined);
});

test("the request token of GitHub Actions goes to no plain address", async () => {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: "http://evil.example/token",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret-secret",
  };
  await assert.rejects(ask(githubActionsToken(env)), { code: "invalid-option" });
});

test("a token service that redirects, fails or says our secret back is an error without it", async () => {
  const env = sigstore.githubEnvironment();
  const secret = env.ACTIONS_ID_TOKEN_REQUEST_TOKEN!;
  for (
    const [fault, said] of [
      [{ status: 302, headers: { location: `${sigstore.urls.oidc}/steal` } }, /redirect \(302\)/],
      [
        { status: 500, body: `{"message":"bad \\u001b[31m ${secret}"}` },
        /answered 500: bad \\x1b\[31m \[token\]/,
      ],
      [{ status: 200, body: "<html>" }, /something else than a JSON object/],
      [{ status: 200, body: "{}" }, /without a token/],
    ] as const
  ) {
    sigstore.onRequest = () => fault;
    await assert.rejects(ask(githubActionsToken(env)), (error) => {
      assert.ok(isBlobberError(error, "signing-service"));
      assert.match(error.message, said);
      assert.match(error.message, /the token service of GitHub Actions at 127\.0\.0\.1/);
      assert.ok(!error.message.includes(secret));
      return true;
    });
  }
  assert.ok(sigstore.requests.every(({ path }) => path.startsWith("/gha/token")));
});

test("a job of Buildkite asks the agent's endpoint", async () => {
  sigstore.onRequest = () => ({ status: 200, body: '{"token":"a.b.c"}' });
  const env = {
    BUILDKITE_AGENT_ACCESS_TOKEN: "agent-secret",
    BUILDKITE_JOB_ID: "1/2",
    BUILDKITE_AGENT_ENDPOINT: `${sigstore.urls.oidc}/v3`,
  };
  assert.equal(await ask(buildkiteToken(env)), "a.b.c");
  const [request] = sigstore.requests;
  assert.deepEqual([request!.method, request!.path], ["POST", "/v3/jobs/1%2F2/oidc/tokens"]);
  assert.equal(request!.headers.authorization, "Token agent-secret");
  assert.equal(new TextDecoder().decode(request!.body), '{"audience":"sigstore"}');
  assert.equal(buildkiteToken({ BUILDKITE_JOB_ID: "1" }), undefined);
});

test("a token of CircleCI for another audience is not sent, and the way to another is told", async () => {
  const ours = sigstore.oidc.token();
  assert.equal(await ask(circleciToken({ CIRCLE_OIDC_TOKEN_V2: ours })), ours);
  const theirs = sigstore.oidc.token({ aud: "org-id" });
  await assert.rejects(ask(circleciToken({ CIRCLE_OIDC_TOKEN_V2: theirs })), (error) => {
    assert.ok(isBlobberError(error, "unauthorized"));
    assert.match(error.hint!, /circleci run oidc get/);
    return true;
  });
});

test("Google Cloud's metadata server is asked, in its way", async () => {
  sigstore.onRequest = () => ({ status: 200, body: "a.b.c" });
  const host = new URL(sigstore.urls.oidc).host;
  assert.equal(await ask(googleToken({ GCE_METADATA_HOST: host })), "a.b.c");
  const [request] = sigstore.requests;
  assert.equal(request!.headers["metadata-flavor"], "Google");
  assert.match(request!.path, /^\/v1\/.*identity\?audience=sigstore&format=full$/);
  assert.equal(googleToken({ GCE_METADATA_HOST: "evil/path?" }, () => ""), undefined);
  assert.equal(googleToken({}, () => "Google Compute Engine\n")!.name, "Google Cloud");
  assert.equal(googleToken({}, () => "OptiPlex"), undefined);
});

test("tokens are looked for in the documented order", () => {
  const all = {
    SIGSTORE_ID_TOKEN: "a.b.c",
    ...sigstore.githubEnvironment(),
    BUILDKITE_AGENT_ACCESS_TOKEN: "x",
    BUILDKITE_JOB_ID: "1",
    CIRCLE_OIDC_TOKEN: "a.b.c",
  };
  const person = { openBrowser: () => {}, showDevice: () => {} };
  const names: string[] = [];
  const env: Record<string, string> = { ...all };
  const next = (...remove: string[]) => {
    names.push(findToken({ env, ...person }).name);
    for (const name of remove) delete env[name];
  };
  next("SIGSTORE_ID_TOKEN");
  next(...Object.keys(sigstore.githubEnvironment()));
  next("BUILDKITE_JOB_ID");
  next("CIRCLE_OIDC_TOKEN");
  next();
  assert.deepEqual(names, [
    "SIGSTORE_ID_TOKEN",
    "GitHub Actions",
    "Buildkite",
    "CircleCI",
    "the browser",
  ]);
  assert.equal(findToken({ env: {}, showDevice: () => {} }).name, "the login on another device");
});

test("in CI no login is offered", async () => {
  const opened: string[] = [];
  const openBrowser = (url: string) => void opened.push(url);
  const env = { CI: "true", GITLAB_CI: "true", NO_GCE_CHECK: "true" };
  await assert.rejects(ask(findToken({ env, openBrowser })), (error) => {
    assert.ok(isBlobberError(error, "unauthorized"));
    assert.match(error.hint!, /id_tokens/);
    return true;
  });
  assert.deepEqual(opened, []);
});
