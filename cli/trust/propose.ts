/**
 * From an existing signature to a rule that it satisfies: all signers with a valid signature are found, and a rule
 * is proposed only after it has accepted the signature that it was made from.
 *
 * @module
 */

import type { RepositoryName, Signable, Signature, SignerIdentity, Verifier } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import type { Context } from "../context.ts";
import { makeRuleChecks } from "../config/rule_checks.ts";
import { decideByRules } from "../rules/decide.ts";
import { ruleVerifier } from "./rule_verifier.ts";
import { readRules } from "../rules/rules.ts";
import { proposeRules, type WrittenRule } from "../rules/rule_text.ts";

/** A valid signature and its signer. */
export interface Found {
  signer: SignerIdentity & { kind: "certificate" };
  manifest: Signable;
  signature: Signature;
}

/**
 * A verifier that records the signer of every valid signature and then refuses it, so that a search goes on to
 * the next.
 *
 * @param verifier accepts any valid signature
 * @param found takes what was accepted
 */
export function collectingVerifier(verifier: Verifier, found: Found[]): Verifier {
  return {
    title: verifier.title,
    accepts: (mediaType) => verifier.accepts(mediaType),
    async verify(manifest, signature) {
      const { signer } = await verifier.verify(manifest, signature);
      if (signer.kind === "certificate") found.push({ signer, manifest, signature });
      throw new BlobberError("identity-mismatch", "a further signature is looked for");
    },
  };
}

/**
 * Awaits a search with a collecting verifier, which always fails: an error is passed on if nothing was collected,
 * or if it is another than the collecting verifier's.
 *
 * @param search the search
 * @param found what it collects
 */
export async function awaitCollection(
  search: Promise<unknown>,
  found: readonly Found[],
): Promise<void> {
  try {
    await search;
  } catch (error) {
    if (found.length === 0 || !isBlobberError(error)) throw error;
    // Refusals of the verifier come first; what cannot be read at all is an error of the store.
    if (error.code !== "identity-mismatch") throw error;
  }
}

/** How a signer is named, on the command line and in a list. */
function signerName({ issuer, subject }: { issuer: string; subject: string }): string {
  return `issuer=${issuer},subject=${subject}`;
}

/**
 * The one signer that a rule will trust.
 *
 * @param found what was found, at least one
 * @param named the signer that the user named, in full or by the subject alone
 * @returns their signatures
 * @throws {BlobberError} `usage`, naming all, if it is not clear which one is meant
 */
export function chooseSigner(found: readonly Found[], named: string | undefined): Found[] {
  const bySigner = Map.groupBy(found, ({ signer }) => signerName(signer));
  const meant = [...bySigner].filter(([name, [first]]) =>
    named === undefined || named === name || named === first!.signer.subject
  );
  if (meant.length === 1) return meant[0]![1];
  const names = [...bySigner.keys()].sort().map((name) => quote(name)).join(", ");
  if (named !== undefined && meant.length === 0) {
    throw new BlobberError("usage", `not signed by ${quote(named)}, but by ${names}`);
  }
  throw new BlobberError(
    "usage",
    `signed by ${meant.length} signers, which is ambiguous: ${names}`,
    { hint: "name one: --signer issuer=URL,subject=SUBJECT" },
  );
}

/**
 * The first rule, from strict to lax, that a signature satisfies.
 *
 * @param found signatures of one signer
 * @param offer name of the rule, of the repository, and what the user said
 * @param context of the command
 * @throws {BlobberError} `trust-rule` when none does
 */
export async function provenRule(
  found: readonly Found[],
  offer: {
    name: string;
    repository: string;
    signedAs: RepositoryName | undefined;
    trustedRoot: string | undefined;
  },
  context: Context,
): Promise<WrittenRule> {
  let refused: unknown;
  for (const { signer, manifest, signature } of found) {
    for (const rule of proposeRules(signer, offer)) {
      try {
        const verifier = await verifierOf(rule, offer.repository, context);
        await verifier.verify(manifest, signature);
        return rule;
      } catch (error) {
        if (!isBlobberError(error) || isBlobberError(error, "interrupted", "terminated")) {
          throw error;
        }
        refused = error;
      }
    }
  }
  throw new BlobberError(
    "trust-rule",
    `${quote(offer.repository)} satisfies no rule that can be proposed: ${
      refused instanceof Error ? refused.message : printable(String(refused))
    }`,
    { cause: refused },
  );
}

/** The verifier of a rule as if it were in the file, if the rule matches the repository. */
async function verifierOf(
  rule: WrittenRule,
  repository: string,
  context: Context,
): Promise<Verifier> {
  const { checks, sources } = makeRuleChecks(false);
  const file = readRules({ rules: [rule] }, { file: "the proposal", scope: "user", sources }, {
    fail(path, problem) {
      throw new BlobberError("invalid-option", `${path.slice(3).join(".")}: ${problem}`);
    },
    checks,
  });
  const { requirements } = decideByRules(repository, [file], { noVerify: false, verifies: false });
  if (requirements.length !== 1) {
    throw new BlobberError("trust-rule", `it does not match ${quote(repository)}`);
  }
  return await ruleVerifier(requirements[0]!, context);
}
