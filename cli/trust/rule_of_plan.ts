/**
 * From flags to a rule that says for every run what they say for one.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { WrittenEntry, WrittenRule } from "../rules/rule_text.ts";
import type { VerificationPlan } from "../plan/verification.ts";
import { realPath } from "../machine.ts";

/**
 * The rule that demands in every run what flags demand in one.
 *
 * @param name of the rule
 * @param pattern which repositories it matches
 * @param plan what the flags demand
 */
export function ruleOfPlan(
  name: string,
  pattern: string,
  plan: VerificationPlan,
): WrittenRule {
  const { trustedRoot, repo, name: binding, signedAs, signers, requireLog, ...rest } = plan;
  // No rule is unsafe or offline. A demand that is new in the plan does not compile until it is used here.
  const { claims: asked, unsafe: _, offline: __, ...forgotten } = rest;
  forgotten satisfies Record<string, never>;
  const root = trustedRoot === undefined ? {} : { "trusted-root": absolutePath(trustedRoot.path) };
  const claims = {
    ...asked,
    ...repo !== undefined && { "source-repository-uri": repositoryUri(repo) },
  };
  return {
    name,
    match: [pattern],
    ...binding !== "off" && { "name-binding": binding },
    ...signedAs !== undefined && { "signed-as": signedAs },
    any: signers.map((signer): WrittenEntry =>
      signer.kind === "key"
        ? {
          key: absolutePath(signer.file.path),
          ...requireLog && { log: "required" },
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
 * A path that does not depend on the working directory, as nothing in a rule may.
 *
 * @param path of a file that exists
 * @throws {BlobberError} `invalid-option`
 */
export function absolutePath(path: string): string {
  try {
    return realPath(path);
  } catch (cause) {
    throw new BlobberError("invalid-option", `no such file: ${quote(path)}`, { cause });
  }
}
