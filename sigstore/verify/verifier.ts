/**
 * Verifies Sigstore bundles: a pure function of signature, manifest, policy and trust material, which opens
 * no socket and no file; where the policy has only what gets the material, that may. {@linkcode verifyBundle} is the whole decision, top to bottom.
 *
 * @module
 */

import type { Check, Signable, Signature, SignerIdentity, Verdict, Verifier } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import { type Bundle, isBundleType } from "../encoding/bundle.ts";
import { readCertificate } from "./certificate.ts";
import { claimedSigner, claimText } from "./claimed_signer.ts";
import { checkIdentity, expected } from "./identity.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import { mayFit } from "./may_fit.ts";
import { checkName } from "./name_binding.ts";
import { type Policy, type Rules, rulesOf, type TrustSource } from "./policy.ts";
import { isSignedBy } from "../keys/public_key.ts";
import { bindContent, type ContentRules, type SignedContent } from "./signed_content.ts";
import { readSignature, SIMPLE_SIGNING_TYPE } from "./simple_signing.ts";
import { isWithin, type TrustedLog, type TrustMaterial } from "../trust/trust_root.ts";

/**
 * Makes a verifier.
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
  const signed = bundle.material.kind === "certificate"
    ? await signedByCertificate(bundle, content, rules)
    : await signedByKey(bundle, content, rules);
  const name = await checkName(content.name, manifest.name, rules);
  return { ...signed, checks: [...signed.checks, name] };
}

/** Keyless: the certificate's key signed, an authority issued it, a log recorded it, the time was inside. */
async function signedByCertificate(
  bundle: Bundle,
  content: SignedContent,
  rules: Rules,
): Promise<Verdict> {
  const { material } = bundle;
  if (material.kind !== "certificate") throw invalidSignature("it has no certificate");
  if (rules.trust === undefined || (rules.identities.length === 0 && !rules.unsafe)) {
    throw unexpectedSigner(bundle, rules, "a key verifies no signature of a certificate's holder");
  }
  const certificate = readCertificate(material.leaf);
  if (!isSignedBy(certificate.key, content.bytes, content.signature)) {
    throw invalidSignature("the certificate's key did not make it");
  }
  const trust = await trustFor(bundle, rules.trust);
  const evidence = await checkEvidence(bundle, content, trust, certificate.der);
  if (evidence.logs.length === 0) throw invalidSignature("no transparency log recorded it");
  const { checkChain } = await import("./evidence.ts");
  const { parts } = trust;
  const chain = checkChain(material.leaf, material.others, parts, evidence.times);
  const identity = checkIdentity(certificate, rules);
  const signer: SignerIdentity = {
    kind: "certificate",
    issuer: certificate.issuer,
    subject: certificate.subject,
    claims: certificate.claims,
  };
  const span = `${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`;
  return verdict(signer, evidence, [
    {
      name: "signature",
      result: "passed",
      evidence: `${content.evidence}, by the certificate's key`,
    },
    {
      name: "certificate",
      result: "passed",
      evidence: `issued under ${trust.source}, valid from ${span}, which covers the signing`,
    },
    transparency(chain.transparency),
    ...evidence.checks,
    { name: "identity", result: "passed", evidence: identity },
  ]);
}

/** Own key: the key signed. When, and whether a log knows of it, only where a trust root can tell. */
async function signedByKey(
  bundle: Bundle,
  content: SignedContent,
  rules: Rules,
): Promise<Verdict> {
  const { material } = bundle;
  if (material.kind !== "key") throw invalidSignature("it names no key");
  // The hint is nobody's word (sigstore_bundle.proto): it says which key to try first, and whom to name.
  const hinted = rules.keys.find(({ hint }) => hint === material.hint);
  const others = rules.keys.filter((one) => one !== hinted);
  const key = [...(hinted ? [hinted] : []), ...others]
    .find((one) => isSignedBy(one.key, content.bytes, content.signature));
  if (key === undefined) {
    if (hinted !== undefined) throw invalidSignature("the key did not make it");
    throw unexpectedSigner(bundle, rules, "a signature made with a key needs that public key");
  }
  const evidence = rules.trust === undefined
    ? unchecked(bundle)
    : await checkEvidence(bundle, content, await trustFor(bundle, rules.trust), key.der);
  if (rules.requireLog && evidence.logs.length === 0) {
    throw invalidSignature("no transparency log recorded it, and one is required");
  }
  return verdict({ kind: "key", fingerprint: key.fingerprint }, evidence, [
    {
      name: "signature",
      result: "passed",
      evidence: `${content.evidence}, by the key ${key.fingerprint}`,
    },
    { name: "certificate", result: "absent", evidence: "signed with a key" },
    ...evidence.checks,
    { name: "identity", result: "passed", evidence: `the key ${key.fingerprint}` },
  ]);
}

/** The error for a signature of another kind or key than is expected. It is left at what it says itself. */
function unexpectedSigner(bundle: Bundle, rules: Rules, hint: string): BlobberError {
  return new BlobberError(
    "identity-mismatch",
    `not verified: it says that it is by ${claimText(claimedSigner(bundle))}; ` +
      `expected ${expected(rules)}`,
    { hint },
  );
}

/** Gets the trust material. Without it, what a signature says is all that is known, and it is said. */
async function trustFor(bundle: Bundle, source: TrustSource): Promise<TrustMaterial> {
  try {
    return await source();
  } catch (error) {
    if (!isBlobberError(error) || error.code !== "trust-root") throw error;
    const { code, message, advice } = error;
    throw new BlobberError(
      code,
      `${message}; not verified: it says that it is by ${claimText(claimedSigner(bundle))}`,
      { cause: error, ...advice },
    );
  }
}

interface ShownLog {
  log: TrustedLog;
  index: string;
}

interface Evidence {
  logs: ShownLog[];
  times: Date[];
  checks: Check[];
}

/** Everything that logs and timestamp authorities say. What is there has to hold, all of it. */
async function checkEvidence(
  bundle: Bundle,
  content: SignedContent,
  trust: TrustMaterial,
  signer: Uint8Array,
): Promise<Evidence> {
  const { checkLogEntry, checkTimestamp } = await import("./evidence.ts");
  const { parts } = trust;
  const found = bundle.entries.map((entry) => checkLogEntry(entry, parts.logs, content, signer));
  if (hasTwice(bundle.entries.map(({ keyId, body }) => `${keyId} ${body}`))) {
    throw invalidSignature("it has a log entry twice");
  }
  if (hasTwice(bundle.timestamps.map(String))) throw invalidSignature("it has a timestamp twice");
  const stamps = bundle.timestamps.map((der) =>
    checkTimestamp(der, content.signature, parts.timestampAuthorities)
  );
  const logged = found.flatMap(({ time }) => time ?? []);
  const times = [...logged, ...stamps];
  const logs = found.map(({ logs, index }): ShownLog => {
    // GHSA-wqqc-jjcq-vfxm: a key says nothing outside its validity. It may have several.
    const log = logs.find(({ validFor }) => times.every((time) => isWithin(time, validFor)));
    if (log !== undefined) return { log, index };
    throw invalidSignature(`the key of the log ${quote(logs[0]!.baseUrl)} was not valid then`);
  });
  const [first] = logs;
  const shown = (dates: Date[]) => dates.map((date) => date.toISOString()).join(", ");
  return {
    logs,
    times,
    checks: [
      first === undefined ? { name: "log", result: "absent", evidence: "no log entry" } : {
        name: "log",
        result: "passed",
        evidence: logs.map(({ log, index }) => `entry ${index} of ${quote(log.baseUrl)}`)
          .join(", "),
      },
      times.length === 0 ? { name: "timestamp", result: "absent", evidence: "no signed time" } : {
        name: "timestamp",
        result: "passed",
        evidence: [
          ...(stamps.length === 0 ? [] : [`${shown(stamps)} by a timestamp authority`]),
          ...(logged.length === 0 ? [] : [`${shown(logged)} by the log`]),
        ].join(", "),
      },
    ],
  };
}

/** What is counted is counted once. */
function hasTwice(items: string[]): boolean {
  return new Set(items).size < items.length;
}

/** Without a trust root nothing that a log or an authority says can be checked, and it is said so. */
function unchecked(bundle: Bundle): Evidence {
  const check = (name: string, count: number, what: string): Check =>
    count === 0
      ? { name, result: "absent", evidence: `no ${what}` }
      : { name, result: "unchecked", evidence: `${count} ${what}, present, not checked` };
  return {
    logs: [],
    times: [],
    checks: [
      check("log", bundle.entries.length, "log entry"),
      check("timestamp", bundle.timestamps.length, "timestamp"),
    ],
  };
}

function transparency(found: "recorded" | "absent" | "unchecked"): Check {
  const name = "transparency";
  switch (found) {
    case "recorded":
      return { name, result: "passed", evidence: "a certificate transparency log recorded it" };
    case "unchecked":
      return {
        name,
        result: "unchecked",
        evidence: "an SCT is present; the trust root names no certificate transparency log",
      };
    case "absent":
      return {
        name,
        result: "absent",
        evidence: "no SCT; the trust root names no certificate transparency log",
      };
  }
}

/** The earliest time that was shown is when it was signed at the latest. */
function verdict(signer: SignerIdentity, evidence: Evidence, checks: Check[]): Verdict {
  const [first] = evidence.logs;
  const earliest = evidence.times.reduce<Date | undefined>(
    (one, other) => one === undefined || other < one ? other : one,
    undefined,
  );
  return {
    signer,
    ...(earliest && { time: earliest }),
    ...(first && { log: { url: first.log.baseUrl, index: first.index } }),
    checks,
  };
}
