/**
 * What tests of verification share: a fake Sigstore whose logs hold a few entries, a verifier for what it
 * signs, and the assertion that something is refused for the right reason.
 *
 * @module
 */

import { after, before } from "node:test";
import assert from "node:assert/strict";
import type { Code, Signable, Verdict } from "../../mod.ts";
import { toPem } from "../../sigstore/encoding/pem.ts";
import type { Policy } from "../../sigstore/verify/policy.ts";
import type { TrustMaterial } from "../../sigstore/trust/trust_root.ts";
import { createVerifier } from "../../sigstore/verify/verifier.ts";
import {
  type BundleOptions,
  DEVELOPER,
  type Json,
  type Kind,
  makeBundle,
  MANIFEST,
  stored,
  trustOf,
} from "./bundles.ts";
import { type FakeSigstore, startSigstore } from "./sigstore.ts";
import { FakeKey } from "./sigstore/keys.ts";

/** The kind that is signed by default. */
export const STATEMENT: Kind = "v0.3 statement";
/** The key of bundles that are signed with a key. */
export const key: FakeKey = new FakeKey("P-256");
/** The Sigstore of this file's tests. */
export let sigstore: FakeSigstore;
/** Its trusted root. */
export let trust: TrustMaterial;

/** Starts the Sigstore before a file's tests, and stops it after them. */
export function useSigstore(): void {
  before(async () => {
    sigstore = await startSigstore();
    // Logs that hold more than one entry, so that proofs have hashes.
    for (let i = 0; i < 3; i++) {
      makeBundle(sigstore, "v0.3 message");
      makeBundle(sigstore, "v0.3 statement, rekor 2");
    }
    trust = trustOf(sigstore);
  });
  after(() => sigstore.close());
}

/** A key as PEM. */
export function pemOf(one: FakeKey): string {
  return toPem("PUBLIC KEY", one.spki);
}

/** The policy that a good bundle of a kind satisfies. */
export function policyFor(kind: Kind): Policy {
  return kind.includes("key")
    ? { signers: [{ key: pemOf(key) }], trust }
    : { signers: [DEVELOPER], trust };
}

/** A bundle. */
export function make(kind: Kind, options: BundleOptions = {}): Json {
  return makeBundle(sigstore, kind, { ...(kind.includes("key") && { key }), ...options });
}

/** Verifies a bundle. */
export function verify(
  bundle: Json,
  policy: Policy = policyFor(STATEMENT),
  manifest: Signable = MANIFEST,
): Promise<Verdict> {
  return createVerifier(policy).verify(manifest, stored(bundle));
}

/** Asserts that something is refused with one of our own errors. */
export function refused(promise: Promise<unknown>, code: Code, message?: RegExp): Promise<void> {
  return assert.rejects(promise, (error: Error & { code?: string }) => {
    assert.equal(error.name, "BlobberError", `${error.stack}`);
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
}

/** The result of one check. */
export function check(verdict: Verdict, name: string): string | undefined {
  return verdict.checks.find((one) => one.name === name)?.result;
}
