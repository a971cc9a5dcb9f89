import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../options.ts";
import { TestAuthority } from "../../../tests/fakes/certificate.ts";
import {
  type Bench,
  bench,
  closeAfter,
  noise,
  plant,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import {
  startTokenServer,
  type TokenRequest,
  type TokenServer,
} from "../../../tests/fakes/registry/token_server.ts";
import type { CannedAnswer } from "../../../tests/fakes/registry/registry_types.ts";

const authority = new TestAuthority();
const user: Credentials = { username: "user", password: "secret" };

/** A registry that asks for the tokens of a server that answers as the test says. */
async function guarded(
  onRequest: (request: TokenRequest) => CannedAnswer | undefined,
  credentials: Credentials = user,
): Promise<Bench & { tokens: TokenServer }> {
  const tokens = closeAfter(
    await startTokenServer({
      users: { user: "secret" },
      identityTokens: { "refresh-me": "user" },
      tls: authority.issue(),
      onRequest,
    }),
  );
  const made = await bench({ authorize: (request) => tokens.guard(request) }, {
    caCerts: [authority.pem],
    credentials: () => Promise.resolve(credentials),
  });
  return { ...made, tokens };
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`token-redirect: ${status} within the token server's origin is followed, with the credentials`, async () => {
    const { registry, store, tokens } = await guarded(({ number, url }) =>
      number === 1
        ? { status, headers: { location: url.replace("/token?", "/v2/token?") } }
        : undefined
    );
    await readBlob(store, plant(registry, noise(10)));
    assert.deepEqual(tokens.requests.map(({ method }) => method), ["GET", "GET"]);
    assert.match(tokens.requests[1]!.url, /^\/v2\/token\?.*scope=/);
    assert.match(tokens.requests[1]!.headers["authorization"]!, /^Basic /);
  });
}

test("token-redirect: 307 and 308 keep the method and the body of a POST, the others make a GET of it", async () => {
  for (const [status, methods] of [[307, "POST POST"], [308, "POST POST"], [303, "POST GET"]]) {
    const { registry, store, tokens } = await guarded(
      ({ number }) =>
        number === 1
          ? { status: status as number, headers: { location: "token2" } }
          : status === 303
          ? { body: '{"token":"none"}' }
          : undefined,
      { identityToken: "refresh-me" },
    );
    const reading = readBlob(store, plant(registry, noise(10)));
    await (status === 303 ? assert.rejects(reading, { code: "unauthorized" }) : reading);
    const [first, second] = tokens.requests;
    assert.equal(`${first!.method} ${second!.method}`, methods);
    assert.equal(second!.fields.get("refresh_token"), status === 303 ? null : "refresh-me");
  }
});

test("token-redirect: to another origin it is refused, and nothing is sent there", async () => {
  const elsewhere = closeAfter(await startTokenServer({ tls: authority.issue() }));
  const places = [elsewhere.realm, elsewhere.realm.replace("https:", "http:"), "//u:p@HOST/token"];
  for (const place of places) {
    const { store, tokens } = await guarded(({ headers }) => ({
      status: 307,
      headers: { location: place.replace("HOST", headers["host"]!) },
    }));
    await assert.rejects(store.resolve("v1"), {
      code: "unauthorized",
      message: /^authentication failed: the token server .* redirects to/,
    });
    assert.equal(tokens.requests.length, 1);
  }
  assert.equal(elsewhere.requests.length, 0);
});

test("token-redirect: circles and endless ways end", async () => {
  for (const location of [() => "token?a", (n: number) => `token?${n}`]) {
    const { store, tokens } = await guarded(({ number }) => ({
      status: 302,
      headers: { location: location(number) },
    }));
    await assert.rejects(store.resolve("v1"), { code: "unauthorized", message: /redirects/ });
    assert.ok(tokens.requests.length < 30);
  }
});

test("a token that cannot be had is told in words without a gap", async () => {
  for (const status of [418, 500]) {
    const { store } = await guarded(() => ({ status }));
    await assert.rejects(store.resolve("v1"), ({ message }: Error) => {
      assert.match(message, /for a token/);
      assert.doesNotMatch(message, / {2}/);
      return true;
    });
  }
});

test("one who gives up waiting for a token takes it from no other", async () => {
  const first = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const { registry, store, tokens } = await guarded(({ number }) => {
    if (number === 1) arrived.resolve();
    return undefined;
  });
  const blob = plant(registry, noise(10));
  // The token server answers only when the first caller has gone.
  const held = Promise.withResolvers<void>();
  tokens.options.beforeAnswer = () => held.promise;
  const impatient = store.resolve(blob.digest, { signal: first.signal });
  const other = readBlob(store, blob);
  await arrived.promise;
  first.abort(new Error("enough"));
  await assert.rejects(impatient, { code: "interrupted", cause: new Error("enough") });
  held.resolve();
  assert.deepEqual(await other, noise(10));
  assert.equal(tokens.requests.length, 1);
});

test("when all have given up, the request for a token ends, and the next begins anew", async () => {
  const stop = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { registry, store, tokens } = await guarded(() => void arrived.resolve());
  const blob = plant(registry, noise(10));
  tokens.options.beforeAnswer = () => held.promise;
  const reading = store.fetch(blob, { signal: stop.signal });
  await arrived.promise;
  stop.abort(new Error("enough"));
  await assert.rejects(reading, { code: "interrupted", cause: new Error("enough") });
  tokens.options.beforeAnswer = undefined;
  assert.deepEqual(await readBlob(store, blob), noise(10));
  held.resolve();
  assert.equal(tokens.requests.length, 2);
});
