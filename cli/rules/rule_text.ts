/**
 * A rule as it is written in `config.yaml`: made from flags, or proposed from a signature that was found.
 *
 * @module
 */

import type { RepositoryName, SignerIdentity } from "@blobber/core";
import type { VerificationPlan } from "../trust/verification_plan.ts";

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
  const root = plan.trustedRoot === undefined
    ? {}
    : { "trusted-root": absolute(plan.trustedRoot.path) };
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
          key: absolute(signer.file.path),
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
 * Proposes rules for a repository from a signer of what is there now, from strict to lax: first those that also
 * bind the signed name, and before the exact subject the one that the next release has too.
 *
 * @param signer who signed
 * @param offer name of the rule, canonical name of the repository, and what the user said
 */
export function proposeRules(
  signer: SignerIdentity & { kind: "certificate" },
  offer: {
    name: string;
    repository: string;
    signedAs: RepositoryName | undefined;
    trustedRoot: string | undefined;
  },
): WrittenRule[] {
  const { issuer, subject, claims } = signer;
  const { name, repository, signedAs, trustedRoot } = offer;
  // A workflow's subject ends in the ref it ran for; the next release runs for another tag.
  const tagged = /^(https:\/\/[^@*]+@refs\/tags\/)[^@*]+$/.exec(subject)?.[1];
  const source = claims["source-repository-uri"];
  const subjects: WrittenEntry[] = [
    ...tagged === undefined ? [] : [{ "subject-pattern": `${tagged}*` }],
    { subject },
  ];
  const bindings: Partial<WrittenRule>[] = [
    { "name-binding": "repository", ...signedAs !== undefined && { "signed-as": signedAs } },
    // What the user says that it is signed as is to be demanded.
    ...signedAs === undefined ? [{}] : [],
  ];
  return bindings.flatMap((binding) =>
    subjects.map((one) => ({
      name,
      match: [repository],
      ...binding,
      any: [{
        issuer,
        ...one,
        ...source !== undefined && { claims: { "source-repository-uri": source } },
        ...trustedRoot !== undefined && { "trusted-root": trustedRoot },
      }],
    }))
  );
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
