import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { isBlobberError } from "@blobber/core";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { serviceContext } from "../service.ts";
import { type DeviceLogin, deviceToken } from "./device.ts";

let sigstore: FakeSigstore;
let pauses: number[];
let shown: DeviceLogin[];
beforeEach(async () => {
  sigstore = await startSigstore();
  pauses = [];
  shown = [];
});
afterEach(() => sigstore.close());

const login = () =>
  deviceToken({ issuer: sigstore.urls.oidc, showDevice: (login) => void shown.push(login) })
    .token({
      clientId: "sigstore",
      context: serviceContext({ pause: (ms) => Promise.resolve(void pauses.push(ms)) }),
    });
const rewriteGrant = (change: Record<string, unknown>) => {
  sigstore.onRequest = ({ path }) =>
    path === "/device/code" ? { rewrite: (body) => ({ ...body, ...change }) } : undefined;
};

test("a login on another device shows where, waits, and gives a token", async () => {
  sigstore.oidc.devicePolls = 2;
  const token = await login();
  assert.equal(sigstore.oidc.claims(token!)!.email, "dev@example.com");
  assert.deepEqual(pauses, [1000, 1000, 1000]);
  assert.deepEqual(
    [shown[0]!.verificationUri, shown[0]!.host, shown[0]!.userCode],
    [`${sigstore.urls.oidc}/device`, new URL(sigstore.urls.oidc).host, "ABCD-EFGH"],
  );
  assert.equal(shown[0]!.completeUri, `${sigstore.urls.oidc}/device?user_code=ABCD-EFGH`);
});

test("an issuer that wants it slower is asked slower (RFC 8628, 3.5)", async () => {
  let polls = 0;
  sigstore.onRequest = ({ path }) =>
    path === "/token" && polls++ === 0
      ? {
        status: 400,
        body: '{"error":"slow_down"}',
        headers: { "content-type": "application/json" },
      }
      : undefined;
  sigstore.oidc.devicePolls = 0;
  await login();
  assert.deepEqual(pauses, [1000, 6000]);
});

test("a page that is not https, or a code with control characters, is never shown", async () => {
  for (
    const change of [
      { verification_uri: "http://evil.example/device" },
      { verification_uri: "javascript:alert(1)" },
      { verification_uri: "https://user:pw@evil.example/" },
      { verification_uri: "\u001b]8;;x" },
      { user_code: "AB\u001b[2J" },
      { user_code: "AB\u202eCD" },
      { user_code: "A".repeat(65) },
    ]
  ) {
    rewriteGrant(change);
    await assert.rejects(login(), (error) => {
      assert.ok(isBlobberError(error, "signing-service"));
      // deno-lint-ignore no-control-regex
      assert.ok(!/[\u0000-\u001f\u202e]/.test(error.message));
      return true;
    });
  }
  assert.deepEqual(shown, []);
});

test("the page with the code filled in is shown only when it is at the same place", async () => {
  rewriteGrant({ verification_uri_complete: "https://evil.example/device?user_code=X" });
  await login();
  assert.equal(shown[0]!.completeUri, undefined);
});

test("a login that is denied or never made ends with an error", async () => {
  sigstore.onRequest = ({ path }) =>
    path === "/token"
      ? {
        status: 400,
        body: '{"error":"access_denied"}',
        headers: { "content-type": "application/json" },
      }
      : undefined;
  await assert.rejects(login(), (error) => {
    assert.ok(isBlobberError(error, "signing-service"));
    assert.match(error.message, /access_denied/);
    return true;
  });
  sigstore.onRequest = undefined;
  sigstore.oidc.devicePolls = Infinity;
  await assert.rejects(login(), { code: "unauthorized" });
  assert.ok(pauses.length <= 301);
});
