import { test } from "node:test";
import assert from "node:assert/strict";
import { key, make, pemOf, refused, trust, useSigstore } from "../../tests/fakes/verification.ts";
import { DEVELOPER, MANIFEST, stored } from "../../tests/fakes/bundles.ts";
import type { Policy } from "./policy.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

const rejected = (policy: unknown, message: RegExp) =>
  assert.throws(() => createVerifier(policy as Policy), (error: Error & { code?: string }) => {
    assert.equal(error.code, "invalid-option", `${error.stack}`);
    assert.match(error.message, message);
    return true;
  });

test("policies that make no sense do not construct", () => {
  const { issuer, subject } = DEVELOPER;
  const pem = { key: pemOf(key) };
  rejected({}, /names no signer/);
  rejected({ trust }, /names no signer/);
  rejected({ signers: [], trust }, /names no signer/);
  rejected({ unsafe: false, trust }, /names no signer/);
  rejected({ unsafe: "yes", trust }, /unsafe is not a boolean/);
  rejected({ unsafe: true, signers: [DEVELOPER], trust }, /names signers and accepts any/);
  rejected({ unsafe: true }, /without trust material/);
  rejected({ signers: [DEVELOPER] }, /without trust material/);
  rejected({ signers: [DEVELOPER, pem] }, /without trust material/);
  rejected({ signers: [DEVELOPER], trust: { parts: {} } }, /not trust material/);
  rejected({ signers: [{ subject }], trust }, /without the issuer/);
  rejected({ signers: [{ issuer }], trust }, /exactly one of/);
  rejected({ signers: [{ issuer: "", subject }], trust }, /without the issuer/);
  rejected({ signers: [{ issuer, subject: "" }], trust }, /exactly one of/);
  rejected({ signers: [{ issuer, subject: /.*/ }], trust }, /exactly one of/);
  rejected({ signers: [{ issuer, subject, subjectPattern: "*@x.y" }], trust }, /exactly one of/);
  rejected({ signers: [{ ...pem, subject }], trust }, /exactly one of/);
  rejected({ signers: [{ ...pem, issuer }], trust }, /a key has no issuer/);
  rejected({ signers: [{ issuer: "https://*", subject }], trust }, /issuer .* is a pattern/);
  rejected({ signers: [{ issuer, subject: "*@example.com" }], trust }, /letter by letter/);
  rejected({ signers: ["dev@example.com"], trust }, /is not an object/);
  rejected({ signers: DEVELOPER, trust }, /is not a list/);
  rejected({ signers: [pem], requireLog: true }, /requires a log entry/);
  rejected({ signers: [pem], trust, repo: "acme/app" }, /a key does not make/);
  rejected({ signers: [pem, DEVELOPER], trust, claims: { issuer } }, /a key does not make/);
  rejected({ signers: [DEVELOPER], trust, claims: { isuer: "x" } }, /unknown claim "isuer"/);
  rejected({ signers: [DEVELOPER], trust, claims: { issuer: "" } }, /has no value/);
  rejected({ signers: [DEVELOPER], trust, claims: { issuer, Issuer: issuer } }, /twice/);
  rejected({ signers: [DEVELOPER], trust, repo: "acme" }, /expected OWNER\/NAME/);
  rejected({ signers: [DEVELOPER], trust, repo: "acme/*" }, /expected OWNER\/NAME/);
  rejected({ signers: [DEVELOPER], trust, repo: "acme/.." }, /expected OWNER\/NAME/);
  rejected({ signers: [DEVELOPER], trust, repo: "https://github.com/acme/app" }, /OWNER\/NAME/);
  rejected({ signers: [DEVELOPER], trust, nameBinding: "tag" }, /nameBinding is "tag"/);
  rejected({ signers: [DEVELOPER], trust, subjectRegex: ".*" }, /unknown member "subjectRegex"/);
  for (const none of [undefined, null, false, "", [], DEVELOPER.subject]) {
    rejected(none, /^invalid policy: /);
  }
  rejected({ signers: null, trust }, /names no signer/);
  rejected({ signers: [, DEVELOPER], trust }, /a signer is not an object/);
  rejected({ signers: [undefined], trust }, /a signer is not an object/);
  rejected({ signers: [[DEVELOPER]], trust }, /a signer is not an object/);
  rejected({ signers: [DEVELOPER], trust: null }, /not trust material/);
  rejected({ signers: [DEVELOPER], trust, nameBinding: null }, /nameBinding is "null"/);
  rejected({ signers: [DEVELOPER], trust, requireLog: null }, /requireLog is not a boolean/);
  rejected({ signers: [DEVELOPER], trust, claims: {} }, /demands claims and names none/);
  rejected({ signers: [DEVELOPER], trust, claims: null }, /claims is not an object/);
  rejected({ signers: [DEVELOPER], trust, repo: null }, /expected OWNER\/NAME/);
  rejected({ signers: [{ ...DEVELOPER, repo: "acme/app" }], trust }, /unknown member "repo"/);
  rejected({ signers: [{ ...pem, requireLog: true }] }, /unknown member "requireLog"/);
});

test("a policy is taken as it was when the verifier was made", async () => {
  const signers: [{ issuer: string; subject: string }] = [{ ...DEVELOPER }];
  const verifier = createVerifier({ signers, trust });
  signers[0].subject = "evil@example.com";
  await verifier.verify(MANIFEST, stored(make("v0.3 statement")));
});

test("a verifier reads bundles, and nothing else", async () => {
  const { accepts, verify } = createVerifier({ unsafe: true, trust });
  assert.ok(accepts("application/vnd.dev.sigstore.bundle.v0.3+json"));
  assert.ok(accepts("application/vnd.dev.sigstore.bundle+json;version=0.1"));
  assert.ok(!accepts("application/vnd.dev.sigstore.bundle.v0.4+json"));
  assert.ok(!accepts("application/vnd.dev.sigstore.bundle.v0.3+json; x"));
  assert.ok(!accepts("application/vnd.oci.image.manifest.v1+json"));
  const { bytes } = stored(make("v0.3 statement"));
  await refused(verify(MANIFEST, { mediaType: "text/plain", bytes }), "signature-invalid");
});
