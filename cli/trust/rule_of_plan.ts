/**
 * From flags to a rule that says for every run what they say for one.
 *
 * @module
 */

import type { WrittenEntry, WrittenRule } from "../rules/rule_text.ts";
import type { VerificationPlan } from "../plan/verification.ts";

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
