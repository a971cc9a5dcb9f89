/**
 * Layers of which this machine knows that they hold what their tables say, because it packed them, or has read them
 * whole.
 *
 * @module
 */

import { asDigest, type Digest } from "../../digest.ts";
import type { StateDirectory } from "./state_directory.ts";

/** What is known of a layer. */
export interface LayerFacts {
  /** Digest of the blob. */
  digest: Digest;
  size: number;
  /** Digest of its uncompressed tar. */
  diffId: Digest;
  /** Digest of its table of contents. */
  tocDigest: Digest;
}

/** Notes what a layer is. */
export function noteLayer(
  state: StateDirectory,
  { digest, size, diffId, tocDigest }: LayerFacts,
): void {
  state.write("layers", digest, { size, diffId, tocDigest });
}

/** Whether a layer is known to be all that is said of it. */
export function isKnownLayer(state: StateDirectory, stated: LayerFacts): boolean {
  const known = state.readJson("layers", stated.digest, (value) => {
    const { size, diffId, tocDigest } = value as Record<string, unknown>;
    return { size, diffId: asDigest(diffId), tocDigest: asDigest(tocDigest) };
  });
  return known !== undefined && known.size === stated.size && known.diffId === stated.diffId &&
    known.tocDigest === stated.tocDigest;
}
