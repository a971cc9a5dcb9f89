/**
 * From settings to a verifier. The one place of the command line that knows what implements it.
 *
 * @module
 */

import type { Verifier } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { MAX_KEY_FILE_BYTES, MAX_TRUSTED_ROOT_BYTES } from "@blobber/core/limits";
import { printable, quote } from "@blobber/core/internal/printable";
import type { Policy, TrustMaterial, TrustSource } from "@blobber/sigstore/verify";
import { type NamedFile, readNamedFile, readNamedText } from "../config/named_file.ts";
import type { Context } from "../context.ts";
import { flagsFor } from "./claimed.ts";
import type { SignerPlan } from "../plan/signers.ts";
import type { VerificationPlan } from "../plan/verification.ts";

/**
 * Makes the verifier that the settings of a command demand.
 *
 * @param context of the command
 * @param plan how to verify
 */
export async function makeVerifier(context: Context, plan: VerificationPlan): Promise<Verifier> {
  const { createVerifier, readClaimedSigner } = await import("@blobber/sigstore/verify");
  const verifier = createVerifier(await policyOfPlan(plan, context));
  return {
    ...verifier,
    verify: async (manifest, signature) => {
      try {
        return await verifier.verify(manifest, signature);
      } catch (error) {
        if (!isBlobberError(error, "identity-mismatch")) throw error;
        const claimed = readClaimedSigner(signature);
        const asked = claimed.signer.kind === "certificate" ? "identity" : "key";
        if (asked === "identity" && (plan.unsafe || plan.signers.some((s) => s.kind === asked))) {
          throw error;
        }
        const { code, message, cause } = error;
        throw new BlobberError(code, message, { cause, hint: flagsFor([claimed]) });
      }
    },
  };
}

async function policyOfPlan(plan: VerificationPlan, context: Context): Promise<Policy> {
  const { name: nameBinding, signedAs, requireLog, unsafe, signers, claims, repo, ...rest } = plan;
  // The rest is about the trust root. A demand that is new in the plan does not compile until it is used here.
  const { trustedRoot: _, offline: __, ...forgotten } = rest;
  forgotten satisfies Record<string, never>;
  const terms = { nameBinding, ...signedAs !== undefined && { signedAs }, requireLog };
  const trust = await trustOfPlan(plan, context);
  const policy = unsafe ? { ...terms, unsafe: true, trust } : {
    ...terms,
    signers: await Promise.all(signers.map((signer) => readSigner(signer, context))),
    ...trust !== undefined && { trust },
    ...Object.keys(claims).length > 0 && { claims },
    ...repo !== undefined && { repo },
  };
  // Every combination of a plan is one of a policy; createVerifier checks it again.
  return policy as Policy;
}

async function readSigner(
  signer: SignerPlan,
  { signal }: Context,
): Promise<Record<string, string>> {
  if (signer.kind === "key") {
    const key = await readNamedText(signer.file, {
      what: "the public key",
      code: "invalid-key",
      limit: MAX_KEY_FILE_BYTES,
      signal,
    });
    return { key, name: `the key ${printable(signer.file.path)}` };
  }
  const { kind: _, ...identity } = signer;
  return identity;
}

/** A key alone needs no trust root; else the public one is fetched when a signature needs it. */
async function trustOfPlan(
  plan: VerificationPlan,
  context: Context,
): Promise<TrustMaterial | TrustSource | undefined> {
  const { publicTrustRoot } = await import("@blobber/sigstore/verify");
  if (plan.trustedRoot !== undefined) return await readRoot(plan.trustedRoot, context);
  const needed = plan.unsafe || plan.requireLog || plan.signers.some((s) => s.kind === "identity");
  if (!needed) return undefined;
  return () =>
    publicTrustRoot({ ...context.report.observer(context.signal), offline: plan.offline });
}

/**
 * Reads the trust root that a setting names.
 *
 * @param file where it is
 * @param context of the command
 * @throws {BlobberError} `trust-root`
 */
export async function readRoot(file: NamedFile, { signal }: Context): Promise<TrustMaterial> {
  const { loadTrustedRoot } = await import("@blobber/sigstore/verify");
  const { bytes } = await readNamedFile(file, {
    what: "the trust root",
    code: "trust-root",
    limit: MAX_TRUSTED_ROOT_BYTES,
    hint: "name a trusted_root.json with --trusted-root",
    signal,
  });
  return loadTrustedRoot(bytes, `the trust root ${quote(file.path)}`);
}
