import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { request } from "node:http";
import { createServer } from "node:net";
import { isBlobberError } from "@blobber/core";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { serviceContext } from "../service.ts";
import { browserToken } from "./browser.ts";
import { startLoopback } from "./loopback.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const context = serviceContext();

/** A browser that goes where it is sent; the callback may be changed on the way. */
const browse = (change: (callback: URL) => void = () => {}) => async (page: string) => {
  const there = await fetch(page, { redirect: "manual" });
  await there.body?.cancel();
  const callback = new URL(there.headers.get("location")!);
  change(callback);
  const back = await fetch(callback);
  await back.body?.cancel();
};
const login = (openBrowser: (url: string) => Promise<void>, timeoutMs?: number) =>
  browserToken({ issuer: sigstore.urls.oidc, openBrowser, timeoutMs })
    .token({ clientId: "sigstore", context });

test("a login with a browser gives a token, by code with PKCE, state and nonce", async () => {
  let page: URL | undefined;
  const token = await login(async (url) => {
    page = new URL(url);
    await browse()(url);
  });
  const claims = sigstore.oidc.claims(token!)!;
  assert.equal(claims.email, "dev@example.com");
  assert.equal(claims.nonce, page!.searchParams.get("nonce"));
  assert.equal(page!.searchParams.get("code_challenge_method"), "S256");
  assert.match(page!.searchParams.get("redirect_uri")!, /^http:\/\/localhost:\d+\/auth\/callback$/);
  const exchange = sigstore.requests.find(({ path }) => path === "/token")!;
  assert.match(new TextDecoder().decode(exchange.body), /code_verifier=/);
});

test("a comeback with another state, or none, is turned away and the waiting goes on", async () => {
  const token = await login(async (url) => {
    const seen: number[] = [];
    for (const state of ["other", undefined]) {
      const forged = new URL(new URL(url).searchParams.get("redirect_uri")!);
      forged.searchParams.set("code", "stolen");
      if (state) forged.searchParams.set("state", state);
      const answer = await fetch(forged);
      await answer.body?.cancel();
      seen.push(answer.status);
    }
    assert.deepEqual(seen, [400, 400]);
    await browse()(url);
  });
  assert.ok(token);
});

test("a token with another nonce, or none, is refused", async () => {
  for (const nonce of ["other", null]) {
    sigstore.onRequest = ({ path }) =>
      path === "/token"
        ? {
          rewrite: (body) => ({
            ...body,
            id_token: sigstore.oidc.token({ sub: "s", ...(nonce && { nonce }) }),
          }),
        }
        : undefined;
    await assert.rejects(login(browse()), { code: "signing-service" });
  }
});

test("an issuer that says it is another is refused before anything is opened", async () => {
  for (const issuer of ["https://evil.example", `${sigstore.urls.oidc}/`, undefined]) {
    sigstore.onRequest = () => ({ rewrite: (body) => ({ ...body, issuer }) });
    await assert.rejects(login(() => assert.fail("opened")), { code: "signing-service" });
  }
});

test("only https or loopback addresses of discovery are opened or asked", async () => {
  for (
    const place of [
      ...[
        "--profile=/tmp/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://evil.example/auth",
      ],
      ...["https://user:pw@evil.example/", "", 7],
    ]
  ) {
    sigstore.onRequest = () => ({
      rewrite: (body) => ({ ...body, authorization_endpoint: place }),
    });
    await assert.rejects(login(() => assert.fail("opened")), { code: "signing-service" });
    sigstore.onRequest = () => ({ rewrite: (body) => ({ ...body, token_endpoint: place }) });
    await assert.rejects(login(browse()), (error) => isBlobberError(error));
  }
});

test("what is opened is printable ASCII with a scheme, whatever discovery says", async () => {
  sigstore.onRequest = ({ path }) =>
    path.startsWith("/.well-known")
      ? {
        rewrite: (body) => ({
          ...body,
          authorization_endpoint: `${sigstore.urls.oidc}/a b\u202e"$(x)`,
        }),
      }
      : undefined;
  const stop = new Error("seen");
  await assert.rejects(
    login((url) => {
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/oidc\/[!-~]*$/);
      assert.ok(!/["\s\u202e]/.test(url));
      throw stop;
    }),
    stop,
  );
});

test("a request under another Host is turned away", async () => {
  const loopback = await startLoopback("s1");
  try {
    const { port } = new URL(loopback.redirectUri);
    const statusUnder = (host: string, path = "/auth/callback?state=s1&code=c") =>
      new Promise<number>((resolve, reject) => {
        request({ host: "127.0.0.1", port, path, headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        }).on("error", reject).end();
      });
    assert.equal(await statusUnder("evil.example"), 400);
    assert.equal(await statusUnder(`evil.example:${port}`), 400);
    assert.equal(await statusUnder(`localhost:${port}`, "/other?state=s1"), 400);
    assert.equal(await statusUnder(`localhost:${port}`, "/auth/callback?state=s1&state=s2"), 400);
    assert.equal(await statusUnder(`localhost:${port}`), 200);
    assert.equal((await loopback.callback).searchParams.get("code"), "c");
  } finally {
    loopback.close();
  }
});

test("the port is ours on IPv6 too, where there is IPv6", async () => {
  const loopback = await startLoopback("s1");
  try {
    const port = Number(new URL(loopback.redirectUri).port);
    const squatter = createServer();
    const code = await new Promise((resolve) => {
      squatter.once("error", (error: Error & { code?: string }) => resolve(error.code));
      squatter.listen(port, "::1", () => resolve("listening"));
    });
    squatter.close();
    assert.notEqual(code, "listening");
  } finally {
    loopback.close();
  }
});

test("a login that is refused or never made ends with an error", async () => {
  await assert.rejects(
    login(browse((callback) => {
      callback.searchParams.delete("code");
      callback.searchParams.set("error", "access_denied");
      callback.searchParams.set("error_description", "no\u001b[2J");
    })),
    (error) => {
      assert.ok(isBlobberError(error, "signing-service"));
      assert.match(error.message, /access_denied: no\\x1b\[2J/);
      return true;
    },
  );
  await assert.rejects(login(() => Promise.resolve(), 1), { code: "unauthorized" });
});

test("a login stops when it is interrupted, and leaves no server behind", async () => {
  const stop = new AbortController();
  const reason = new Error("stop");
  let redirect = "";
  await assert.rejects(
    browserToken({
      issuer: sigstore.urls.oidc,
      openBrowser: (url) => {
        redirect = new URL(url).searchParams.get("redirect_uri")!;
        stop.abort(reason);
      },
    }).token({ clientId: "sigstore", context: serviceContext({ signal: stop.signal }) }),
    { code: "interrupted", cause: reason },
  );
  await assert.rejects(fetch(redirect));
});

test("the issuer is the authority's own, and the public issuer only the public authority's", async () => {
  const source = browserToken({ openBrowser: browse() });
  const request = { clientId: "sigstore", context };
  assert.ok(await source.token({ ...request, issuer: () => Promise.resolve(sigstore.urls.oidc) }));
  await assert.rejects(source.token(request), { code: "invalid-option" });
});
