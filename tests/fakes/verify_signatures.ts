/**
 * The search for signatures as resolving an artifact uses it: what is accepted, or the error.
 *
 * @module
 */

import { type JudgeOptions, judgeSignatures } from "../../lib/signatures/find_signatures.ts";
import { type Judgement, signatureRefusal } from "../../lib/signatures/refusal.ts";
import { CheckedVerifier } from "../../lib/doors/verifier.ts";
import type { Signable, Verifier } from "../../lib/signing.ts";
import type { Source } from "../../lib/store.ts";

/** Finds the signature that satisfies, with what was rejected before it. */
export async function verifySignatures(
  source: Source,
  manifest: Signable,
  verifier: Verifier,
  options: JudgeOptions = {},
): Promise<NonNullable<Judgement["accepted"]> & Pick<Judgement, "rejected" | "looked" | "total">> {
  const judgement = await judgeSignatures(source, manifest, new CheckedVerifier(verifier), options);
  const { accepted, rejected, looked, total } = judgement;
  if (!accepted) throw signatureRefusal([judgement]);
  return { ...accepted, rejected, looked, total };
}
