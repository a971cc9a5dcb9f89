/**
 * Whether the signer is one that the policy names.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { SignerCertificate } from "./certificate.ts";
import type { IdentityRule, Rules } from "./policy.ts";

/**
 * Checks the holder of a valid certificate against the policy.
 *
 * @param certificate verified
 * @param rules the policy
 * @returns why the signer is the right one, in words
 * @throws {BlobberError} `identity-mismatch` naming those found and those expected
 */
export function checkIdentity(certificate: SignerCertificate, rules: Rules): string {
  const { issuer, subject } = certificate;
  const found = `${quote(subject)} (issuer ${quote(issuer)})`;
  if (rules.unsafe) {
    checkClaims(certificate, rules);
    return `any signer is accepted; this one is ${found}`;
  }
  const rule = rules.identities.find((one) => one.issuer === issuer && fits(one, subject));
  if (rule === undefined) {
    throw new BlobberError(
      "identity-mismatch",
      `signed by ${found}, expected ${expectedSigners(rules)}`,
      { hint: "if this signer is the right one, name it; if not, do not use the artifact" },
    );
  }
  checkClaims(certificate, rules);
  const demanded = [
    ...(rules.repo === undefined ? [] : [`repository ${quote(rules.repo)}`]),
    ...Object.entries(rules.claims).map(([name, value]) => `${name} ${quote(value)}`),
  ];
  return `${found}, which matches ${identityText(rule)}` +
    (demanded.length === 0 ? "" : `, with ${demanded.join(", ")}`);
}

/** What was expected, for a message. */
export function expectedSigners(rules: Rules): string {
  const signers = [
    ...rules.identities.map(identityText),
    ...rules.keys.map((key) => `the key ${key.fingerprint}`),
  ];
  return rules.unsafe ? "a certificate" : signers.join(" or ");
}

function fits(rule: IdentityRule, subject: string): boolean {
  return typeof rule.subject === "string"
    ? rule.subject === subject
    : rule.subject.matches(subject);
}

function identityText({ issuer, subject }: IdentityRule): string {
  return typeof subject === "string"
    ? `${quote(subject)} (issuer ${quote(issuer)})`
    : `the pattern ${quote(subject.text)} (issuer ${quote(issuer)})`;
}

function checkClaims({ claims }: SignerCertificate, rules: Rules): void {
  for (const [name, value] of Object.entries(rules.claims)) {
    const found = Object.hasOwn(claims, name) ? claims[name]! : undefined;
    if (found !== value) throw mismatch(name, found, quote(value));
  }
  if (rules.repo === undefined) return;
  const uri = claims["source-repository-uri"];
  const old = claims["github-workflow-repository"];
  // Certificates from before 2023 have only the old form; where both are, both must fit.
  if (uri !== undefined ? pathOf(uri) !== `/${rules.repo}` : old === undefined) {
    throw mismatch("source-repository-uri", uri, `the repository ${quote(rules.repo)}`);
  }
  if (old !== undefined && old !== rules.repo) {
    throw mismatch("github-workflow-repository", old, quote(rules.repo));
  }
}

/** The path as it is written: `URL` would resolve dots and escapes in it. */
function pathOf(uri: string): string | undefined {
  return /^https:\/\/[A-Za-z0-9.-]+(?::\d+)?(\/[^?#]*)$/.exec(uri)?.[1];
}

function mismatch(name: string, found: string | undefined, wanted: string): BlobberError {
  return new BlobberError(
    "identity-mismatch",
    `the certificate's claim ${name} is ${found === undefined ? "missing" : quote(found)}, ` +
      `expected ${wanted}`,
  );
}
