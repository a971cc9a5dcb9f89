import { test } from "node:test";
import assert from "node:assert/strict";
import { isBlobberError } from "@blobber/core";
import { audienceOf, readToken } from "./token.ts";

const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
const jwt = (claims: unknown) => `${encode({ alg: "none" })}.${encode(claims)}.c2ln`;
const usual = { iss: "https://i.test", sub: "s", aud: "sigstore", exp: Date.now() / 1000 + 600 };

test("what a token says is read", () => {
  const token = readToken(
    `\n${jwt({ ...usual, email: "a@b.c", aud: ["x", "sigstore"] })}\n`,
    "sigstore",
    "F",
  );
  assert.equal(token.raw, token.raw.trim());
  assert.deepEqual(
    [token.issuer, token.subject, token.email, token.audience, token.certifiedIssuer],
    ["https://i.test", "s", "a@b.c", ["x", "sigstore"], "https://i.test"],
  );
});

test("behind a broker, the certificate will name the issuer behind it", () => {
  const claims = { ...usual, federated_claims: { connector_id: "https://github.com/login/oauth" } };
  const token = readToken(jwt(claims), "sigstore", "F");
  assert.equal(token.certifiedIssuer, "https://github.com/login/oauth");
});

for (
  const [what, text, message] of [
    ["no JWT", "hello", /is not a JWT/],
    ["two parts", "a.b", /is not a JWT/],
    ["no JSON", "a.YQ.c", /is not a JWT/],
    ["an array", jwt([]), /is not a JWT/],
    ["huge", `${"a".repeat(40_000)}.b.c`, /is not a JWT/],
    ["no issuer", jwt({ ...usual, iss: undefined }), /no issuer or no subject/],
    [
      "another audience",
      jwt({ ...usual, aud: "api.acme.com" }),
      /is for "api.acme.com", expected "sigstore"/,
    ],
    ["no audience", jwt({ ...usual, aud: undefined }), /is for no audience/],
    ["no time", jwt({ ...usual, exp: undefined }), /says no time/],
    ["expired", jwt({ ...usual, exp: 1_700_000_000 }), /expired at 2023-11-14T22:13:20.000Z/],
    ["unverified", jwt({ ...usual, email: "a@b.c", email_verified: false }), /not verified/],
  ] as const
) {
  test(`a token that cannot be used is refused before it is sent, and not quoted: ${what}`, () => {
    assert.throws(() => readToken(text, "sigstore", "F"), (error) => {
      assert.ok(isBlobberError(error, "unauthorized"));
      assert.match(error.message, message);
      assert.ok(!error.message.includes(text.slice(0, 30)) || text.length < 10);
      return true;
    });
  });
}

test("the audience of what is not a token is empty", () => {
  assert.deepEqual(audienceOf("x"), []);
  assert.deepEqual(audienceOf(jwt({ aud: ["a", 1, "b"] })), ["a", "b"]);
});
