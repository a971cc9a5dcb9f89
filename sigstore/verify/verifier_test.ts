import { test } from "node:test";
import assert from "node:assert/strict";
import { toBase64 } from "@blobber/core/internal/bytes";
import type { Policy } from "./policy.ts";
import { DEVELOPER, KINDS, MANIFEST, signable, stored } from "../../tests/fakes/bundles.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  check,
  key,
  make,
  pemOf,
  policyFor,
  refused,
  sigstore,
  STATEMENT,
  trust,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";
import { BlobberError } from "@blobber/core";
import { TAG_ANNOTATION } from "../encoding/statement.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

for (const kind of KINDS) {
  test(`a good bundle verifies: ${kind}`, async () => {
    const verdict = await verify(make(kind), policyFor(kind));
    assert.equal(check(verdict, "signature"), "passed");
    const alone = kind.endsWith("alone");
    assert.equal(check(verdict, "log"), alone ? "absent" : "passed");
    assert.equal(check(verdict, "timestamp"), alone ? "absent" : "passed");
    assert.equal(
      verdict.log?.url,
      alone ? undefined : kind.includes("rekor 2") ? "http://rekor2.test" : "http://rekor1.test",
    );
    assert.equal(verdict.time === undefined, alone);
    if (kind.includes("key")) assert.equal(verdict.signer.kind, "key");
    else {
      assert.deepEqual(verdict.signer, {
        kind: "certificate",
        ...DEVELOPER,
        claims: { issuer: DEVELOPER.issuer },
      });
    }
  });

  test(`a good bundle hung on another artifact is refused: ${kind}`, () =>
    refused(
      verify(make(kind), policyFor(kind), signable('{"schemaVersion":3}')),
      "signature-invalid",
      /another artifact|expected sha256/,
    ));
}

test("the verdict's checks say what was shown, in order", async () => {
  const { checks, log, time } = await verify(make(STATEMENT));
  assert.deepEqual(
    checks.map(({ name }) => name),
    ["signature", "certificate", "transparency", "log", "timestamp", "identity", "name"],
  );
  assert.match(checks[0]!.evidence, new RegExp(`a statement about ${MANIFEST.digest}`));
  assert.match(checks[3]!.evidence, new RegExp(`entry ${log!.index} of "http://rekor1.test"`));
  assert.ok(checks[4]!.evidence.includes(time!.toISOString()));
  assert.match(checks[5]!.evidence, /dev@example\.com/);
});

test("a key alone shows that it signed, and nothing of when", async () => {
  const verdict = await verify(make("v0.3 statement, key"), { signers: [{ key: pemOf(key) }] });
  assert.equal(verdict.time, undefined);
  assert.equal(verdict.log, undefined);
  assert.equal(check(verdict, "log"), "unchecked");
  assert.match(verdict.checks.find(({ name }) => name === "log")!.evidence, /present, not checked/);
});

test("with a trust root, what a key's bundle carries has to hold", async () => {
  const bundle = make("v0.3 statement, key");
  bundle.verificationMaterial.tlogEntries[0].inclusionProof.rootHash = toBase64(new Uint8Array(32));
  await verify(bundle, { signers: [{ key: pemOf(key) }] });
  await refused(verify(bundle, { signers: [{ key: pemOf(key) }], trust }), "signature-invalid");
});

test("a required log entry has to be there", () =>
  refused(
    verify(make("v0.3 statement, key alone"), {
      signers: [{ key: pemOf(key) }],
      trust,
      requireLog: true,
    }),
    "signature-invalid",
    /no transparency log/,
  ));

test("key-hint: the given key is tried whatever the hint says, and a right hint proves nothing", async () => {
  const theirs = new FakeKey("P-256");
  const policy: Policy = { signers: [{ key: pemOf(key) }] };
  const bundle = make("v0.3 statement, key alone", { key: theirs });
  await refused(verify(bundle, policy), "identity-mismatch", /by the key SHA256:/);
  bundle.verificationMaterial.publicKey.hint =
    make("v0.3 statement, key alone").verificationMaterial
      .publicKey.hint;
  await refused(verify(bundle, policy), "signature-invalid");
  delete bundle.verificationMaterial.publicKey.hint;
  await refused(verify(bundle, policy), "identity-mismatch", /an unnamed key/);
  const own = make("v0.3 statement, key alone");
  for (const hint of [undefined, null, "", "another"]) {
    own.verificationMaterial.publicKey.hint = hint;
    const { signer } = await verify(own, policy);
    assert.equal(signer.kind, "key");
  }
  // Of several keys it is the one that signed that is reported.
  const both: Policy = { signers: [{ key: pemOf(theirs) }, { key: pemOf(key) }] };
  own.verificationMaterial.publicKey.hint = "another";
  const { signer } = await verify(own, both);
  const alone = await verify(make("v0.3 statement, key alone"), policy);
  assert.deepEqual(signer, alone.signer);
});

for (const algorithm of ["P-384", "Ed25519"] as const) {
  test(`own keys of ${algorithm} verify statements and messages`, async () => {
    const own = new FakeKey(algorithm);
    const policy: Policy = { signers: [{ key: pemOf(own) }] };
    const bundle = make("v0.3 statement, key alone", { key: own });
    await verify(bundle, policy);
    const message = structuredClone(make("v0.3 message"));
    message.verificationMaterial = bundle.verificationMaterial;
    message.messageSignature.signature = toBase64(own.sign(MANIFEST.bytes));
    await verify(message, policy);
    await refused(verify(bundle, { signers: [{ key: pemOf(key) }] }), "identity-mismatch");
  });
}

test("deno#36309: chains that mix P-384 and P-256 verify", () => {
  assert.equal(sigstore.ca.key.algorithm, "P-384");
  return verify(make(STATEMENT)).then(() => {});
});

test("trust material is got by the first signature that needs it, once, and never for a key's", async () => {
  let calls = 0;
  const source = () => {
    calls++;
    return Promise.resolve(trust);
  };
  const unsafe = createVerifier({ unsafe: true, trust: source });
  await refused(
    unsafe.verify(MANIFEST, stored(make("v0.3 statement, key alone"))),
    "identity-mismatch",
    /^not verified: it says that it is by the key SHA256:[0-9a-f]{64}.*; expected a certificate$/,
  );
  assert.equal(calls, 0);
  await unsafe.verify(MANIFEST, stored(make(STATEMENT)));
  await unsafe.verify(MANIFEST, stored(make(STATEMENT)));
  assert.equal(calls, 1);
});

test("without trust material, what a signature says is told as not verified", async () => {
  const hint = "try again";
  const failed = new BlobberError("trust-root", "no trust root is kept", { hint });
  const policy: Policy = { signers: [DEVELOPER], trust: () => Promise.reject(failed) };
  const bundle = make(STATEMENT, {
    statement: ({ subject: [subject], ...statement }) => ({
      ...statement,
      subject: [{ ...subject, name: "ghcr.io/acme/site", annotations: { [TAG_ANNOTATION]: "v1" } }],
    }),
  });
  await assert.rejects(verify(bundle, policy), (error: BlobberError) => {
    assert.deepEqual([error.code, error.hint], ["trust-root", hint]);
    assert.equal(
      error.message,
      "no trust root is kept; not verified: it says that it is by " +
        '"dev@example.com" (issuer "https://issuer.test"), as "ghcr.io/acme/site:v1"',
    );
    return true;
  });
  // What is no trust material is none, from wherever it comes.
  const none = () => Promise.resolve({} as never);
  await refused(verify(make(STATEMENT), { ...policy, trust: none }), "invalid-option");
});
