/**
 * From what is there to a rule that it satisfies: every signer who signed validly is found, and a rule is
 * offered only after it has accepted the very signature that it was made from.
 *
 * @module
 */

import type { RepositoryName, Signable, Signature, SignerIdentity, Verifier } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/printable";
import type { Context } from "../context.ts";
import { checking } from "../config/rule_checks.ts";
import { decide } from "../rules/decide.ts";
import { ruleVerifier } from "./rule_verifier.ts";
import { readRules } from "../rules/rules.ts";
import { proposeRules, type WrittenRule } from "../rules/rule_text.ts";

/** A valid signature, and whose it is. */
export interface Found {
  signer: SignerIdentity & { kind: "certificate" };
  manifest: Signable;
  signature: Signature;
}

/**
 * A verifier that takes every signature for the wrong one after it has noted who made it, so that a search goes
 * through all of them.
 *
 * @param verifier accepts any valid signature
 * @param found takes what was accepted
 */
export function collecting(verifier: Verifier, found: Found[]): Verifier {
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
 * Ends a search that collects: it fails by its nature, and for another reason where nothing was collected.
 *
 * @param search the search
 * @param found what it collects
 */
export async function exhaust(search: Promise<unknown>, found: readonly Found[]): Promise<void> {
  try {
    await search;
  } catch (error) {
    if (found.length === 0 || !isBlobberError(error)) throw error;
    // Of several reasons the refusals count first; what could not be read at all is one of the store's.
    if (error.code !== "identity-mismatch") throw error;
  }
}

/** How a signer is named, on the command line and in a list. */
export function signerName({ issuer, subject }: { issuer: string; subject: string }): string {
  return `issuer=${issuer},subject=${subject}`;
}

/**
 * The one signer that a rule is to be about.
 *
 * @param found what was found, at least one
 * @param named the signer that the user named, by the whole name or the subject alone
 * @returns their signatures
 * @throws {BlobberError} `usage` naming all when it is open which is meant
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
    `signed by ${meant.length} signers, and nothing says which to trust: ${names}`,
    { hint: "name one: --signer issuer=URL,subject=SUBJECT" },
  );
}

/**
 * The first rule, from strict to lax, that what was found satisfies.
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
        if (!isBlobberError(error) || error.status === 130) throw error;
        refused = error;
      }
    }
  }
  throw new BlobberError(
    "trust-rule",
    `no rule can be made that ${quote(offer.repository)} satisfies: ${
      refused instanceof Error ? refused.message : printable(String(refused))
    }`,
    { cause: refused },
  );
}

/** The verifier of a rule as if it stood in the file, when the rule is about the repository. */
async function verifierOf(
  rule: WrittenRule,
  repository: string,
  context: Context,
): Promise<Verifier> {
  const { checks, sources } = checking(false);
  const file = readRules({ rules: [rule] }, { file: "the proposal", scope: "user", sources }, (
    path,
    problem,
  ) => {
    throw new BlobberError("invalid-option", `${path.slice(3).join(".")}: ${problem}`);
  }, checks);
  const { requirements } = decide(repository, [file], { noVerify: false, verifies: false });
  if (requirements.length !== 1) {
    throw new BlobberError("trust-rule", `it is not about ${quote(repository)}`);
  }
  return await ruleVerifier(requirements[0]!, context);
}
