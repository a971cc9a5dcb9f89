/**
 * The verb `verify`: what signatures prove of an artifact, and of which digest they prove it.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { VerifyResult } from "../results.ts";
import type { Source } from "../store.ts";
import { prove, resolveDocument, type ResolveOptions } from "./resolve.ts";

/**
 * Verifies an artifact.
 *
 * @param source where it is
 * @param selector names it
 * @throws {BlobberError} `invalid-option` without a verifier, and what verification says
 */
export async function verifyArtifact(
  source: Source,
  selector: string,
  options: ResolveOptions,
): Promise<VerifyResult> {
  if (options.verifier === undefined) {
    throw new BlobberError("invalid-option", "verify has no verifier, expected one");
  }
  const root = await resolveDocument(source, selector, options);
  const { proofs, proven, manifest } = await prove(source, root, options);
  const signed = manifest === undefined ? "root" : "manifest";
  // The proof that is told in full is one of what is proven to all verifiers.
  const proof = proofs.find((one) => one.signed === signed)!;
  return { ...proof, descriptor: proven!, named: root.descriptor, proofs };
}
