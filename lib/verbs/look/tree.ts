/**
 * The verb `tree`: an artifact, its platforms, and all that refers to it.
 *
 * @module
 */

import type { TreeOptions, TreeResult } from "../../looking.ts";
import type { Source } from "../../store.ts";
import type { ResolveOptions } from "../resolve.ts";
import { lookAt, verdictsIn } from "./look_at.ts";
import { walkReferrers } from "./referrer_walk.ts";

/**
 * Makes the tree of an artifact.
 *
 * @param source where it is
 * @param selector names it
 * @throws {BlobberError} what the store throws where it cannot be asked, and what verification says
 */
export async function treeOf(
  source: Source,
  selector: string,
  options: ResolveOptions & Pick<TreeOptions, "claims">,
): Promise<TreeResult> {
  const { verifier, claims, name, signal } = options;
  const looked = await lookAt(source, selector, options);
  const verifiers = verifier &&
    (await import("../../doors/verifier.ts")).checkedVerifiers(verifier);
  const checked = claims && new (await import("../../doors/claims.ts")).CheckedClaims(claims);
  const { root, isCut } = await walkReferrers(source, looked.document, {
    signal,
    name,
    verifiers,
    claims: checked,
    first: looked.proofs.map(({ signature }) => signature),
  });
  return { root, isCut, ...verdictsIn(looked) };
}
