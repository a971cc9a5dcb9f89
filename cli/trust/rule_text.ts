/**
 * A rule as it is written in `config.yaml`: made from flags, or proposed from a signature that was found.
 *
 * @module
 */

import type { RepositoryName, SignerIdentity } from "@blobber/core";
import type { VerificationPlan } from "../verification_plan.ts";

/** One way to satisfy a rule, with the file's keys. */
export type WrittenEntry = Record<string, string | Record<string, string>>;

/** A rule with the file's keys. */
export interface WrittenRule {
  name: string;
  match: string[];
  "name-binding"?: string;
  "signed-as"?: string;
  any: WrittenEntry[];
}

/**
 * The rule that says for all time what flags say for one run.
 *
 * @param name of the rule
 * @param pattern which repositories it is about
 * @param plan what the flags demand
 * @param absolute makes a path absolute: nothing in a rule depends on the working directory
 */
export function ruleOfPlan(
  name: string,
  pattern: string,
  plan: VerificationPlan,
  absolute: (path: string) => string,
): WrittenRule {
  const root = plan.trustedRoot === undefined ? {} : { "trusted-root": absolute(plan.trustedRoot) };
  const claims = {
    ...plan.claims,
    ...plan.repo !== undefined && { "source-repository-uri": repositoryUri(plan.repo) },
  };
  return {
    name,
    match: [pattern],
    ...plan.name !== "off" && { "name-binding": plan.name },
    ...plan.signedAs !== undefined && { "signed-as": plan.signedAs },
    any: plan.signers.map((signer): WrittenEntry =>
      signer.kind === "key"
        ? {
          key: absolute(signer.path),
          ...plan.requireLog && { log: "required" },
          ...root,
        }
        : {
          issuer: signer.issuer,
          ...signer.subject !== undefined && { subject: signer.subject },
          ...signer.subjectPattern !== undefined && { "subject-pattern": signer.subjectPattern },
          ...Object.keys(claims).length > 0 && { claims },
          ...root,
        }
    ),
  };
}

function repositoryUri(repo: string): string {
  return repo.startsWith("https://") ? repo : `https://github.com/${repo}`;
}

/**
 * Proposes a rule for a repository from whoever signed what is there now.
 *
 * @param name of the rule
 * @param repository canonical name of the repository
 * @param signer who signed
 * @param found whether the signature names the repository, and the root it was checked with
 */
export function proposeRule(
  name: string,
  repository: string,
  signer: SignerIdentity & { kind: "certificate" },
  found: {
    named: boolean;
    signedAs: RepositoryName | undefined;
    trustedRoot: string | undefined;
  },
): WrittenRule {
  const { issuer, subject, claims } = signer;
  // A workflow's subject ends in the ref it ran for; the next release runs for another tag.
  const tagged = /^(https:\/\/[^@*]+@refs\/tags\/)[^@*]+$/.exec(subject)?.[1];
  const source = claims["source-repository-uri"];
  return {
    name,
    match: [repository],
    ...found.named && { "name-binding": "repository" },
    ...found.signedAs !== undefined && { "signed-as": found.signedAs },
    any: [{
      issuer,
      ...tagged === undefined ? { subject } : { "subject-pattern": `${tagged}*` },
      ...source !== undefined && { claims: { "source-repository-uri": source } },
      ...found.trustedRoot !== undefined && { "trusted-root": found.trustedRoot },
    }],
  };
}

/**
 * A name for a rule about a pattern: its letters and digits, and a number when the name is taken.
 *
 * @param pattern what the rule is about
 * @param taken names of other rules
 */
export function ruleName(pattern: string, taken: readonly string[]): string {
  const base = pattern.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-+|-+$/g, "") || "everything";
  for (let n = 1;; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(name)) return name;
  }
}
