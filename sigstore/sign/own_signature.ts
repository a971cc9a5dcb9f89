/**
 * What was just signed, verified before it is stored: a service may have answered with a certificate
 * that is expired or an authority's, an entry that its log did not sign, or a proof that leads nowhere, and
 * every verifier would refuse the result.
 *
 * @module
 */

import type { Signable, Signature } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { MAX_CLOCK_SKEW_MS } from "@blobber/core/limits";
import { type Bundle, readBundle } from "../encoding/bundle.ts";
import { toPem } from "../encoding/pem.ts";
import { readCertificate } from "../verify/certificate.ts";
import type { LogEvidence } from "../verify/log_entry.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import { type Policy, rulesOf } from "../verify/policy.ts";
import { isSignedBy } from "../keys/public_key.ts";
import { bindContent } from "../verify/signed_content.ts";
import type { TrustMaterial } from "../trust/trust_root.ts";
import { verifyBundle } from "../verify/verifier.ts";

/** What was signed, with what, and what it is verified with. */
export interface Made {
  manifest: Signable;
  signature: Signature;
  /** The public half of a key of one's own, as SubjectPublicKeyInfo; none for a certificate. */
  publicKey?: Uint8Array | undefined;
  /** Whether a log was asked to take it. */
  logged: boolean;
  /** What those who verify will believe; without it, what needs none is checked. */
  trust: TrustMaterial | undefined;
}

/**
 * Verifies what was made, as strictly as any verifier may: for its signer, with its log, under its name.
 *
 * @returns whether all of it was verified; `false` when services answered and there is no trust root
 * @throws {BlobberError} `signing-service` saying what would be refused; `trust-root`
 */
export async function checkOwnSignature(made: Made): Promise<boolean> {
  try {
    return await check(made);
  } catch (error) {
    if (!isBlobberError(error) || error.code === "trust-root") throw error;
    const root = made.trust === undefined ? "" : `, by ${made.trust.source}`;
    throw new BlobberError(
      "signing-service",
      `the signature that was made does not verify${root}, and was not stored: ${error.message}`,
      {
        cause: error,
        hint: made.trust === undefined
          ? "one of the signing services gave an invalid answer"
          : "one of the signing services gave an invalid answer, or the trust root is of other services",
      },
    );
  }
}

async function check(made: Made): Promise<boolean> {
  const { manifest, signature, publicKey, logged, trust } = made;
  if (trust === undefined && publicKey === undefined) {
    await checkWithoutRoot(manifest, signature);
    return false;
  }
  // A layout names no repository, and then nothing binds the name.
  const nameBinding = manifest.name?.repository === undefined
    ? "off"
    : manifest.name.tags.length === 0
    ? "repository"
    : "reference";
  const policy = {
    nameBinding,
    ...trust !== undefined && { trust, requireLog: logged },
    ...publicKey === undefined
      // Whom the certificate is for was compared with the token when it came.
      ? { unsafe: true }
      : { signers: [{ key: toPem("PUBLIC KEY", publicKey), name: "the signing key" }] },
  } as Policy;
  await verifyBundle(manifest, signature, rulesOf(policy));
  if (trust !== undefined) return true;
  const bundle = readBundle(signature);
  await checkEntries(bundle, manifest, publicKey!);
  return bundle.entries.length === 0 && bundle.timestamps.length === 0;
}

/** A certificate whose authority is unknown here: its form, its time and its entries. */
async function checkWithoutRoot(manifest: Signable, signature: Signature): Promise<void> {
  const bundle = readBundle(signature);
  if (bundle.material.kind !== "certificate") throw invalidSignature("it has no certificate");
  const certificate = readCertificate(bundle.material.leaf);
  const content = bindContent(bundle.content, manifest, { legacyMessageSignature: false });
  if (!isSignedBy(certificate.key, content.bytes, content.signature)) {
    throw invalidSignature("the certificate's key did not make it");
  }
  const { notBefore, notAfter } = certificate;
  const logged = (await checkEntries(bundle, manifest, certificate.der))
    .flatMap(({ time }) => time ?? []);
  const fits = logged.length > 0
    ? logged.every((time) => notBefore <= time && time <= notAfter)
    : notBefore.getTime() - MAX_CLOCK_SKEW_MS <= Date.now() &&
      Date.now() <= notAfter.getTime() + MAX_CLOCK_SKEW_MS;
  if (!fits) {
    throw invalidSignature(
      `its certificate is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}, ` +
        "which does not cover the signing",
    );
  }
}

async function checkEntries(
  bundle: Bundle,
  manifest: Signable,
  signer: Uint8Array,
): Promise<Pick<LogEvidence, "time">[]> {
  if (bundle.entries.length === 0) return [];
  const { checkEntryForm, timeOf } = await import("../verify/evidence.ts");
  const content = bindContent(bundle.content, manifest, { legacyMessageSignature: false });
  return bundle.entries.map((entry) => {
    checkEntryForm(entry, content, signer);
    return { time: timeOf(entry) };
  });
}
