/**
 * Rules as they are written in `config.yaml`, and proposals of them from a signature that was found.
 *
 * @module
 */

import type { RepositoryName, SignerIdentity } from "@blobber/core";

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
 * Proposes rules for a repository from the signer of an existing artifact, from strict to lax: first those that also
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
    // The name that the user gives with --signed-as is demanded.
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
 * A name for a rule: the letters and digits of its pattern, and a number if the name is taken.
 *
 * @param pattern what the rule matches
 * @param taken names of other rules
 */
export function ruleName(pattern: string, taken: readonly string[]): string {
  const base = pattern.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-+|-+$/g, "") || "everything";
  for (let n = 1;; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(name)) return name;
  }
}
