/**
 * The verb `copy`: what of the source is copied, and which tags it gets.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { CopyOptions } from "../../options.ts";
import type { CopyResult, Proof } from "../../results.ts";
import { printable } from "../../text/printable.ts";
import { selectorOf } from "../../reference.ts";
import type { Source, Store } from "../../store.ts";
import type { Named } from "../../stores/named.ts";
import type { Document, Index, Manifest } from "../../types.ts";
import { copy } from "./copy.ts";
import { resolveArtifact, type ResolveOptions, resolveRoot } from "../resolve.ts";
import { checkTags } from "../tags.ts";

/** One end of a copy. */
export interface CopyEnd<S extends Source> {
  named: Named<S>;
  store: S;
}

/**
 * Copies an artifact, with its signatures and whatever else refers to it.
 *
 * @param from what is copied
 * @param to where to; its tag is the source's, else `latest`, when it has none
 * @throws {BlobberError} `integrity` when it is not what the target's digest names, `invalid-reference`, what
 * verification says, and what the stores throw
 */
export async function copyArtifact(
  from: CopyEnd<Source>,
  to: CopyEnd<Store>,
  options: CopyOptions & ResolveOptions,
): Promise<CopyResult> {
  const { root, proofs } = await resolveToCopy(from, options);
  const { tag, digest } = to.named;
  if (digest !== undefined && digest !== root.descriptor.digest) {
    throw new BlobberError(
      "integrity",
      `${printable(from.named.text)} is ${root.descriptor.digest}, expected ${digest}`,
    );
  }
  const own = tag ?? (digest === undefined ? from.named.tag ?? "latest" : undefined);
  const tags = [...new Set([...(own === undefined ? [] : [own]), ...checkTags(options.tags)])];
  const { referrers, ifAbsent, signal, onProgress, onNotice } = options;
  const how = { referrers, ifAbsent, signal, onProgress, onNotice, tags };
  const result = await copy(from.store, to.store, root, how);
  return { ...result, verdict: proofs[0]?.verdict };
}

/**
 * What of an artifact is copied, proven.
 *
 * @param from where it is
 * @throws {BlobberError} what verification says
 */
export async function resolveToCopy(
  from: CopyEnd<Source>,
  options: ResolveOptions,
): Promise<{ root: Document<Manifest | Index>; proofs: readonly Proof[] }> {
  const selector = selectorOf(from.named);
  // All of an index is copied only where all of it is proven.
  if (options.platform === undefined) return await resolveRoot(from.store, selector, options);
  const { manifest, proofs } = await resolveArtifact(from.store, selector, options);
  return { root: manifest, proofs };
}
