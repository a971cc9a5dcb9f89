/**
 * Where cosign keeps what belongs to a manifest in registries without referrers, and kept all of it before
 * its third version: under tags that are made of the manifest's digest (cosign's signature specification).
 *
 * @module
 */

import { type Digest, hexOf } from "../digest.ts";
import { isBlobberError } from "../errors.ts";
import type { CallOptions, Source } from "../store.ts";
import type { Descriptor } from "../types.ts";

/** What is kept so: signatures, attestations, bills of materials. */
export type CosignKind = "sig" | "att" | "sbom";

/** All kinds. */
export const KINDS: readonly CosignKind[] = ["sig", "att", "sbom"];

/** The tag for one kind of a digest. */
export function cosignTag(digest: Digest, kind: CosignKind): string {
  return `sha256-${hexOf(digest)}.${kind}`;
}

/** Whether a tag is such a one of some digest: not a name that a person gave. */
export function isCosignTag(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}\.(sig|att|sbom)$/.test(tag);
}

/** A tag, and what it names. */
export interface Tagged {
  tag: string;
  descriptor: Descriptor;
}

/**
 * What a source has under such tags.
 *
 * @param source where to look
 * @param digest what it belongs to
 * @param kinds which of them
 */
export async function cosignTagsOf(
  source: Source,
  digest: Digest,
  options: CallOptions & { kinds?: readonly CosignKind[] } = {},
): Promise<Tagged[]> {
  const { kinds = KINDS, signal } = options;
  const found = await Promise.all(kinds.map(async (kind): Promise<Tagged | undefined> => {
    const tag = cosignTag(digest, kind);
    try {
      return { tag, descriptor: await source.resolve(tag, { signal }) };
    } catch (error) {
      if (isBlobberError(error, "not-found")) return undefined;
      throw error;
    }
  }));
  return found.filter((one) => one !== undefined);
}
