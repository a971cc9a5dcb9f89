/**
 * From a rule to the verifier that it stands for.
 *
 * @module
 */

import type { Verifier } from "@blobber/core";
import { printable, quote } from "@blobber/core/internal/printable";
import type { Policy, TrustMaterial, TrustSource } from "@blobber/sigstore/verify";
import type { Context } from "../context.ts";
import { verifierOfAny } from "./any_of.ts";
import type { Requirement } from "../rules/decide.ts";
import type { Rule, TrustEntry } from "../rules/rules.ts";

/**
 * Makes the verifier of a rule: one of its entries is enough, and every refusal names the rule and its file.
 *
 * @param requirement the rule and where it is written
 * @param context of the command
 */
export async function ruleVerifier(
  { rule, file, sources }: Requirement,
  context: Context,
): Promise<Verifier> {
  const { createVerifier } = await import("@blobber/sigstore/verify");
  const verifiers: Verifier[] = [];
  for (const entry of rule.any) {
    verifiers.push(createVerifier(await policyOfEntry(entry, rule, { context, sources })));
  }
  return verifierOfAny(
    `rule "${printable(rule.name)}" of ${printable(file)}`,
    verifiers as [Verifier, ...Verifier[]],
  );
}

/** What an entry is made into a policy with. */
interface Means {
  context: Context;
  sources: Requirement["sources"];
}

async function policyOfEntry(entry: TrustEntry, rule: Rule, means: Means): Promise<Policy> {
  const { nameBinding, signedAs, legacy } = rule;
  const terms = {
    nameBinding,
    ...signedAs !== undefined && { signedAs },
    legacyMessageSignature: legacy,
  };
  if (entry.kind === "identity") {
    const { issuer, subject, subjectPattern, claims } = entry;
    return {
      ...terms,
      signers: [
        subject === undefined ? { issuer, subjectPattern: subjectPattern! } : { issuer, subject },
      ],
      trust: await trustOfRoot(entry.trustedRoot, means),
      ...Object.keys(claims).length > 0 && { claims },
    };
  }
  const signers: [{ key: string; name: string }] = [
    {
      key: new TextDecoder().decode(means.sources.get(entry.key)!),
      name: `the key ${printable(entry.key)}`,
    },
  ];
  if (entry.trustedRoot === undefined) return { ...terms, signers };
  const trust = await trustOfRoot(entry.trustedRoot, means);
  return { ...terms, signers, trust, requireLog: entry.log === "required" };
}

/** Each entry has one root; roots are never merged. */
async function trustOfRoot(
  root: string,
  { context, sources }: Means,
): Promise<TrustMaterial | TrustSource> {
  const { publicTrustRoot, loadTrustedRoot } = await import("@blobber/sigstore/verify");
  if (root !== "public") {
    return loadTrustedRoot(sources.get(root)!, `the trust root ${quote(root)}`);
  }
  const offline = context.settings.get("offline");
  // An entry for another signer needs none.
  return () => publicTrustRoot({ ...context.report.observer(context.signal), offline });
}
