/**
 * Verifies Sigstore bundles: a pure function of signature, manifest, policy and trust material, which opens
 * no socket and no file. A policy may hold a function that fetches the material instead: it alone may open
 * them. The decision is {@linkcode verifyBundle}, {@linkcode signedByCertificate} and
 * {@linkcode signedByKey}, each read top to bottom.
 *
 * @module
 */

import type { Signable, Signature, Verdict, Verifier } from "@blobber/core";
import { type Bundle, isBundleType, type Material } from "../encoding/bundle.ts";
import { readCertificate } from "./certificate.ts";
import { checkIdentity } from "./identity.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import { checkLogsAndTimes } from "./logs_and_times.ts";
import { mayFit } from "./may_fit.ts";
import { checkName } from "./name_binding.ts";
import { trustFor, unexpectedSigner } from "./not_verified.ts";
import { type Policy, type Rules, rulesOf } from "./policy.ts";
import { isSignedBy } from "../keys/public_key.ts";
import { bindContent, type ContentRules, type SignedContent } from "./signed_content.ts";
import { readSignature, SIMPLE_SIGNING_TYPE } from "../encoding/simple_signing.ts";
import { certificateVerdict, keyVerdict } from "./verdict.ts";

/**
 * Makes a verifier.
 *
 * @example
 * ```ts
 * import { Client, isBlobberError, MemoryStore } from "@blobber/core";
 * import { createVerifier } from "@blobber/sigstore/verify";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
 * const key = publicKey.export({ type: "spki", format: "pem" }) as string;
 * const verifier = createVerifier({ signers: [{ key }] });
 *
 * const client = new Client();
 * const at = { store: new MemoryStore(), reference: "v1" };
 * await client.push({ directory: "examples/site" }, at);
 * const error = await client.openImage(at, { verifier }).catch((error) => error);
 * if (!isBlobberError(error, "no-signature")) throw error;
 * await client.close();
 * ```
 *
 * @param policy whom to trust, and what to demand
 * @throws {BlobberError} `invalid-option` or `invalid-key` for a policy that makes no sense
 */
export function createVerifier(policy: Policy): Verifier {
  const rules = rulesOf(policy);
  return {
    accepts: (type) =>
      isBundleType(type) || rules.legacyMessageSignature && type === SIMPLE_SIGNING_TYPE,
    mayFit: (manifest, signature) => mayFit(manifest, signature, rules),
    verify: (manifest, signature) => verifyBundle(manifest, signature, rules),
  };
}

/**
 * Decides about one signature.
 *
 * @param manifest whose bytes were checked against its digest
 * @param signature as it is stored
 * @param rules the policy
 * @throws {BlobberError} `signature-invalid`, `identity-mismatch`, `name-mismatch`
 */
export async function verifyBundle(
  manifest: Signable,
  signature: Signature,
  rules: Rules & Pick<ContentRules, "anyPredicate">,
): Promise<Verdict> {
  const bundle = readSignature(signature);
  const content = bindContent(bundle.content, manifest, rules);
  const { material } = bundle;
  const verdict = material.kind === "certificate"
    ? await signedByCertificate(material, { bundle, content, rules })
    : await signedByKey(material, { bundle, content, rules });
  const name = await checkName(content.name, manifest.name, rules);
  return { ...verdict, checks: [...verdict.checks, name] };
}

/** A signature that is about the manifest, and what is demanded of it. */
interface Question {
  bundle: Bundle;
  content: SignedContent;
  rules: Rules;
}

/** Keyless: the certificate's key signed, a log recorded it, an authority issued it, the time was inside. */
async function signedByCertificate(
  material: Material & { kind: "certificate" },
  { bundle, content, rules }: Question,
): Promise<Verdict> {
  if (rules.trust === undefined || (rules.identities.length === 0 && !rules.unsafe)) {
    throw unexpectedSigner(bundle, rules, "a key verifies no signature of a certificate's holder");
  }
  const certificate = readCertificate(material.leaf);
  if (!isSignedBy(certificate.key, content.bytes, content.signature)) {
    throw invalidSignature("the certificate's key did not make it");
  }
  const { parts, source } = await trustFor(bundle, rules.trust);
  const shown = await checkLogsAndTimes(bundle, { content, trust: parts, signer: certificate.der });
  if (shown.logs.length === 0) throw invalidSignature("no transparency log recorded it");
  const [time, ...times] = [...shown.logged, ...shown.stamped];
  if (time === undefined) {
    throw invalidSignature("no signed time shows when its certificate was used");
  }
  const { checkChain } = await import("./evidence.ts");
  const chain = checkChain(material, parts, [time, ...times]);
  const identity = checkIdentity(certificate, rules);
  return certificateVerdict({ certificate, content, source, chain, shown, identity });
}

/** Own key: the key signed. When, and whether a log recorded it, only where a trust root can tell. */
async function signedByKey(
  material: Material & { kind: "key" },
  { bundle, content, rules }: Question,
): Promise<Verdict> {
  // Nothing vouches for the hint (sigstore_bundle.proto): it says which key to try first, and which to name.
  const hinted = rules.keys.find(({ hint }) => hint === material.hint);
  const others = rules.keys.filter((one) => one !== hinted);
  const key = [...(hinted ? [hinted] : []), ...others]
    .find((one) => isSignedBy(one.key, content.bytes, content.signature));
  if (key === undefined) {
    if (hinted !== undefined) throw invalidSignature("the key did not make it");
    throw unexpectedSigner(bundle, rules, "a signature made with a key needs that public key");
  }
  const trust = rules.trust && await trustFor(bundle, rules.trust);
  const shown = trust &&
    await checkLogsAndTimes(bundle, { content, trust: trust.parts, signer: key.der });
  if (rules.requireLog && (shown === undefined || shown.logs.length === 0)) {
    throw invalidSignature("no transparency log recorded it, and one is required");
  }
  return keyVerdict(key, { content, bundle, shown });
}
