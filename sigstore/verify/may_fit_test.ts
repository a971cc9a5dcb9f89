import { test } from "node:test";
import assert from "node:assert/strict";
import type { IdentityPolicy, Policy } from "./policy.ts";
import { DEVELOPER, MANIFEST, signable, stored } from "../../tests/fakes/bundles.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import { key, make, pemOf, STATEMENT, trust, useSigstore } from "../../tests/fakes/verification.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

const fits = (bundle: unknown, policy: Policy, manifest = MANIFEST) =>
  createVerifier(policy).mayFit!(manifest, stored(bundle));

test("good-among-bad: at a glance, a bundle fits its own signer and manifest, and no other", () => {
  const keyed: Policy = { signers: [{ key: pemOf(key) }] };
  const named: IdentityPolicy = { signers: [DEVELOPER], trust };
  for (const kind of ["v0.3 statement", "v0.3 message", "v0.1 message, chain"] as const) {
    assert.equal(fits(make(kind), named), true);
    assert.equal(fits(make(kind), keyed), false);
    assert.equal(
      fits(make(kind), { signers: [{ ...DEVELOPER, subject: "eve@x.y" }], trust }),
      false,
    );
    assert.equal(fits(make(kind), { ...named, claims: { "build-trigger": "push" } }), false);
    assert.equal(fits(make(kind), named, signable("{}")), false);
    // A message names nothing, and what a statement names is looked at when it is verified.
    const bound: Policy = { ...named, nameBinding: "repository" };
    assert.equal(fits(make(kind), bound), kind === "v0.3 statement");
    assert.equal(fits(make(kind), { unsafe: true, trust }), true);
  }
  const own = make("v0.3 statement, key alone");
  assert.equal(fits(own, keyed), true);
  assert.equal(fits(own, named), false);
  assert.equal(fits(own, { signers: [{ key: pemOf(new FakeKey()) }] }), false);
  assert.equal(fits({ mediaType: make(STATEMENT).mediaType }, named), false);
});

test("good-among-bad: what fits by a look is not thereby valid", async () => {
  const forged = make("v0.3 message", { signWith: new FakeKey("P-256") });
  const policy: Policy = { signers: [DEVELOPER], trust };
  assert.equal(fits(forged, policy), true);
  await assert.rejects(createVerifier(policy).verify(MANIFEST, stored(forged)), {
    code: "signature-invalid",
  });
});
