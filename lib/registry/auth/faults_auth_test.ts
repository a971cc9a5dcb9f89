import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../options.ts";
import { TestAuthority } from "../../../tests/fakes/certificate.ts";
import { startRegistry } from "../../../tests/fakes/registry/fake_registry.ts";
import {
  type Bench,
  bench,
  closeAfter,
  noise,
  plant,
  plantManifest,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import {
  startTokenServer,
  type TokenServer,
  type TokenServerOptions,
} from "../../../tests/fakes/registry/token_server.ts";
import { writeBlob } from "../../../tests/fakes/store_suite.ts";
import { digestOf } from "../../digest.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";

const authority = new TestAuthority();
const SECRET = "p:ss wörd";
const users = { user: SECRET };
const user: Credentials = { username: "user", password: SECRET };

/** A registry that asks for the tokens of a token server with TLS. */
async function guarded(
  options: TokenServerOptions = {},
  credentials: Credentials | null = user,
): Promise<Bench & { tokens: TokenServer; asked: () => number }> {
  const tokens = closeAfter(
    await startTokenServer({ users, tls: authority.issue(), ...options }),
  );
  let asked = 0;
  const made = await bench({ authorize: (request) => tokens.guard(request) }, {
    caCerts: [authority.pem],
    credentials: () => {
      asked++;
      return Promise.resolve(credentials ?? undefined);
    },
  });
  return { ...made, tokens, asked: () => asked };
}

/** No secret anywhere in what an error tells. */
function silent(error: unknown): void {
  const { message, hint, stack } = error as Error & { hint?: string };
  const all = [message, hint, stack, JSON.stringify(error)].join("\n");
  for (const secret of [SECRET, btoa("user:p"), "token-1", "refresh-me"]) {
    assert.ok(!all.includes(secret), all);
  }
}

async function refused(work: Promise<unknown>, code = "unauthorized"): Promise<Error> {
  let caught: unknown;
  await assert.rejects(work, (error: Error & { code?: string }) => {
    caught = error;
    assert.equal(error.code, code, error.message);
    silent(error);
    return true;
  });
  return caught as Error;
}

test("a registry without a challenge never makes us look for credentials", async () => {
  const { registry, store } = await bench({}, {
    credentials: () => Promise.reject(new Error("asked")),
  });
  const blob = plant(registry, noise(10));
  await readBlob(store, blob);
});

test("Basic: asked once, then sent along", async () => {
  const { registry, store } = await bench({
    authorize: ({ headers }) =>
      headers["authorization"] === "Basic dXNlcjpwOnNzIHfDtnJk"
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="r", charset="UTF-8"' } },
  }, { credentials: () => Promise.resolve(user) });
  const blob = plant(registry, noise(10));
  await readBlob(store, blob);
  await readBlob(store, blob);
  assert.deepEqual(registry.requests.map(({ status }) => status), [401, 200, 200]);
});

test("Basic: wrong credentials end at once with 3, none with a way out", async () => {
  const authorize = () => ({ status: 401, headers: { "www-authenticate": "Basic" } });
  const { registry, store } = await bench({ authorize }, {
    credentials: () => Promise.resolve(user),
  });
  const error = await refused(store.resolve("v1"));
  assert.match(error.message, /^authentication failed/);
  assert.equal(registry.requests.length, 2);
  const stranger = await bench({ authorize });
  await refused(stranger.store.resolve("v1"));
  assert.equal(stranger.registry.requests.length, 1);
});

test("Bearer: a token for each scope, asked for once, kept, and ahead of the request", async () => {
  const { registry, store, tokens, asked } = await guarded();
  const blob = plant(registry, noise(10));
  await readBlob(store, blob);
  await readBlob(store, blob);
  await writeBlob(store, { mediaType: "x/y", digest: digestOf("small"), size: 5 }, "small");
  assert.deepEqual(
    registry.requests.map(({ method, status }) => `${method} ${status}`),
    ["GET 401", "GET 200", "GET 200", "POST 202", "PUT 201"],
  );
  assert.deepEqual(tokens.requests.map(({ fields }) => fields.getAll("scope")), [
    ["repository:a/b:pull"],
    ["repository:a/b:pull,push"],
  ]);
  assert.equal(tokens.requests[0]!.fields.get("service"), "fake");
  assert.equal(asked(), 1);
});

test("Bearer: without credentials there is an anonymous token, or status 3", async () => {
  const { registry, store, tokens } = await guarded({}, null);
  await readBlob(store, plant(registry, noise(10)));
  assert.equal(tokens.requests[0]!.headers["authorization"], undefined);
  const closed = await guarded({ anonymous: "refused" }, null);
  const error = await refused(closed.store.resolve("v1"));
  assert.match(error.message, /authentication failed: there are no credentials for 127\.0\.0\.1/);
});

test("Bearer: wrong credentials end with 3 and are not tried again", async () => {
  const { store, tokens } = await guarded({}, { username: "user", password: "wrong" });
  await refused(store.resolve("v1"));
  assert.equal(tokens.requests.length, 1);
});

test("an identity token is exchanged by POST, and a registry token is the token", async () => {
  const identity = await guarded({ identityTokens: { "refresh-me": "user" } }, {
    identityToken: "refresh-me",
  });
  await readBlob(identity.store, plant(identity.registry, noise(10)));
  const [request] = identity.tokens.requests;
  assert.equal(request!.method, "POST");
  assert.equal(request!.fields.get("grant_type"), "refresh_token");
  assert.equal(request!.url, "/token");
  const direct = await guarded({}, { registryToken: "mine" });
  direct.tokens.tokens.set("mine", ["repository:a/b:pull"]);
  await readBlob(direct.store, plant(direct.registry, noise(10)));
  assert.equal(direct.tokens.requests.length, 0);
});

test("a mount asks for both repositories", async () => {
  const { registry, store, tokens, open } = await guarded();
  const blob = plant(registry, noise(10), "x/y");
  assert.equal(await store.mount!(blob, open("x/y")), true);
  assert.deepEqual(tokens.requests.at(-1)!.fields.getAll("scope"), [
    "repository:a/b:pull,push",
    "repository:x/y:pull",
  ]);
});

test("a token that ends in mid-upload is refreshed once", async () => {
  const { registry, store, tokens } = await guarded();
  const big = noise(3_000_000);
  registry.onRequest = ({ method, number }) => {
    if (method === "PUT" && number === 4) tokens.tokens.clear(); // all revoked
  };
  const writer = await store.begin("application/x");
  await writer.write(big);
  await writer.commit({ mediaType: "application/x", digest: digestOf(big), size: big.length });
  assert.deepEqual(registry.repository("a/b").blobs.get(digestOf(big)), big);
  assert.deepEqual(
    registry.requests.map(({ method, status }) => `${method} ${status}`),
    ["POST 401", "POST 202", "PATCH 202", "PUT 401", "PUT 201"],
  );
  assert.equal(tokens.requests.length, 2);
});

test("a token is not used when its time is over", async () => {
  const { registry, store, tokens, clock } = await guarded();
  const blob = plant(registry, noise(10));
  await readBlob(store, blob);
  clock.advance(299_000);
  await readBlob(store, blob);
  assert.equal(tokens.requests.length, 2);
  assert.deepEqual(registry.requests.map(({ status }) => status), [401, 200, 200]);
});

test("401 for ever is one refresh and then 3", async () => {
  const { registry, store, tokens } = await guarded();
  registry.options.authorize = () => ({
    status: 401,
    headers: { "www-authenticate": `Bearer realm="${tokens.realm}",service="fake"` },
  });
  await refused(store.resolve("v1"));
  assert.equal(registry.requests.length, 2);
  assert.equal(tokens.requests.length, 1);
});

test("a secret that a server echoes is not shown", async () => {
  const { registry, store } = await guarded();
  plantManifest(registry, { tag: "v1" });
  await store.resolve("v1");
  registry.onRequest = ({ headers }) => ({
    answer: { status: 400, body: `bad header: ${headers["authorization"]} ${SECRET}` },
  });
  const error = await refused(store.resolve("v2"), "registry");
  assert.match(error.message, /\[redacted\]/);
  const echo = await guarded({
    onRequest: ({ headers }) => ({ status: 401, body: `no ${headers["authorization"]} ${SECRET}` }),
  });
  await refused(echo.store.resolve("v1"));
});

for (
  const [name, realm] of [
    ["plain HTTP elsewhere", "http://auth.example.com/token"],
    ["plain HTTP on another port", "http://127.0.0.1:1/token"],
    ["userinfo", "https://user:secret@auth.example.com/token"],
    ["a file", "file:///etc/passwd"],
    ["no URL", "https://["],
    ["a relative path", "/token"],
    ["a metadata service", "https://169.254.169.254/token"],
    ["0.0.0.0", "https://0.0.0.0/token"],
    ["an IPv4-mapped metadata service", "https://[::ffff:a9fe:a9fe]/token"],
  ] as const
) {
  test(`CVE-2020-15157, CVE-2026-24845: a realm that is ${name} gets no credentials`, async () => {
    const { registry, store } = await bench({}, { credentials: () => Promise.resolve(user) });
    registry.onRequest = () => ({
      answer: { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}"` } },
    });
    await assert.rejects(store.resolve("v1"), (error: Error & { code?: string }) => {
      assert.ok(["unauthorized", "registry"].includes(error.code!), error.message);
      silent(error);
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });
}

test("the registry's own host and port serve as realm, without TLS too", async () => {
  const { registry, store } = await bench({}, { credentials: () => Promise.resolve(user) });
  plantManifest(registry, { tag: "v1" });
  registry.onRequest = ({ path, headers }) => {
    if (path === "/token") return { answer: { body: '{"access_token":"abc"}' } };
    if (headers["authorization"] === "Bearer abc") return undefined;
    const challenge = `Bearer realm="${registry.url}/token"`;
    return { answer: { status: 401, headers: { "www-authenticate": challenge } } };
  };
  await store.resolve("v1");
});

test("a token server that redirects is not followed", async () => {
  const trap = closeAfter(await startRegistry());
  const { store } = await guarded({
    onRequest: () => ({ status: 307, headers: { location: `${trap.url}/token` } }),
  });
  await refused(store.resolve("v1"));
  assert.equal(trap.requests.length, 0);
});

for (
  const [name, body] of [
    ["1 GB", undefined],
    ["no JSON", "<html>"],
    ["no token", "{}"],
    ["a token that is not a string", '{"token":{}}'],
    ["a token with a line break", '{"token":"a\\r\\nx: y"}'],
    ["null", "null"],
  ] as const
) {
  test(`a token answer that is ${name} is refused`, async () => {
    const { store, registry } = await guarded({
      onRequest: () => ({ body: body ?? " ".repeat(2_000_000) }),
    });
    await assert.rejects(store.resolve("v1"), (error: Error & { code?: string }) => {
      assert.ok(["unauthorized", "limit"].includes(error.code!), error.message);
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });
}

test("token and access_token, and expires_in 0", async () => {
  for (const body of ['{"token":"t1","access_token":"t2"}', '{"access_token":"t1"}']) {
    const { registry, store, tokens } = await guarded({
      onRequest: () => ({ body: body.replace("}", ',"expires_in":0}') }),
    });
    tokens.tokens.set("t1", ["repository:a/b:pull"]);
    const blob = plant(registry, noise(10));
    await readBlob(store, blob);
    await readBlob(store, blob);
    assert.equal(tokens.requests.length, 1, "a token without time is good for a minute");
  }
});

test("a busy token server is asked again, with patience", async () => {
  let count = 0;
  const { registry, store, clock } = await guarded({
    onRequest: () => ++count < 3 ? { status: 503, headers: { "retry-after": "2" } } : undefined,
  });
  plantManifest(registry, { tag: "v1" });
  await store.resolve("v1");
  assert.deepEqual(clock.pauses, [2000, 2000]);
});

test("a token that ends just before a streamed PATCH: the blob is sent again", async () => {
  const { registry, store, tokens } = await guarded();
  const big = noise(3_000_000);
  registry.onRequest = ({ method }) => {
    if (method === "PATCH") tokens.tokens.clear();
  };
  const writer = await store.begin("application/x");
  await writer.write(big.slice(0, 2_000_000));
  await writer.write(big.slice(2_000_000));
  await writer.commit({ mediaType: "application/x", digest: digestOf(big), size: big.length });
  assert.deepEqual(registry.repository("a/b").blobs.get(digestOf(big)), big);
});

test("sigstore-js 0.7.1: credentials are asked for by the canonical host and by nothing else", async () => {
  const hosts: string[] = [];
  const { registry } = await bench();
  const { openRegistry } = await import("../../stores/registry_store.ts");
  registry.onRequest = () => ({
    answer: { status: 401, headers: { "www-authenticate": "Basic" } },
  });
  const port = registry.host.split(":")[1];
  for (const host of [`LOCALHOST:${port}`, `localhost.:${port}`, `LocalHost.:${port}`]) {
    const store = openRegistry(registryReference(host, "a/b"), {
      credentials: (asked) => {
        hosts.push(asked);
        return Promise.resolve(undefined);
      },
    });
    await assert.rejects(store.resolve("v1"), { code: "unauthorized" });
  }
  assert.deepEqual([...new Set(hosts)], [`localhost:${port}`]);
});
