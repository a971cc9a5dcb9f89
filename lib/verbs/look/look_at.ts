/**
 * What the verbs that describe an artifact begin with: the document that is looked at, checked, and proven where
 * there is a verifier.
 *
 * @module
 */

import { isIndex, readDocument } from "../../artifact/manifest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import type { Proof } from "../../results.ts";
import type { Source } from "../../store.ts";
import type { Document, Index, Manifest } from "../../types.ts";
import { prove, resolveDocument, type ResolveOptions } from "../resolve.ts";

/** What is looked at. */
export interface LookedAt {
  /** What the reference names. */
  root: Document<Manifest | Index>;
  /** `root`, or the manifest of the platform that was asked for. */
  document: Document<Manifest | Index>;
  /** What signatures proved of it, one for each verifier. */
  proofs: Proof[];
}

/**
 * Resolves a tag or digest to what is to be described. Unlike other verbs, it takes an index for what it is when no
 * platform is asked for, and a manifest without layers. A signature is then demanded on the index itself: what is
 * described is all of it.
 *
 * @param source where it is
 * @param selector tag or digest
 * @throws {BlobberError} `not-found`, `integrity`, `invalid-manifest`, and what verification says
 */
export async function lookAt(
  source: Source,
  selector: string,
  options: ResolveOptions,
): Promise<LookedAt> {
  const { platform, signal } = options;
  const root = await resolveDocument(source, selector, options);
  const whole = platform === undefined;
  const { proofs, manifest } = await prove(source, root, { ...options, whole }).catch((error) => {
    throw whole && isIndex(root) ? asOfIndex(error) : error;
  });
  if (manifest !== undefined) return { root, document: manifest, proofs };
  if (platform === undefined) return { root, document: root, proofs };
  const { checkPlatform, choosePlatform } = await import("../../artifact/platform.ts");
  if (isIndex(root)) {
    const chosen = await choosePlatform(source, root, platform, { signal });
    return { root, document: await readDocument(source, chosen, { signal }), proofs };
  }
  await checkPlatform(source, root as Document<Manifest>, platform, { signal });
  return { root, document: root, proofs };
}

/** Only its manifests may be signed: then one of them has to be looked at. */
function asOfIndex(error: unknown): unknown {
  if (!isBlobberError(error, "no-signature")) return error;
  const { code, message, cause } = error;
  return new BlobberError(code, message, {
    cause,
    hint: [
      "an index that is looked at as a whole has to be signed itself; one of its manifests is looked at with ",
      { option: "platform" },
    ],
  });
}

/** Who signed, for results. */
export function verdictsIn({ proofs, document, root }: LookedAt): {
  verdicts: Proof["verdict"][];
  signed?: Proof["signed"];
} {
  const [first] = proofs;
  if (first === undefined) return { verdicts: [] };
  // What is the root and chosen from nothing is signed as what it is.
  const signed = document === root
    ? "root"
    : proofs.find((one) => one.signed === "manifest")
    ? "manifest"
    : "root";
  return { verdicts: proofs.map(({ verdict }) => verdict), signed };
}
