/**
 * What a manifest or an index names directly: what has to be there for it to be whole.
 *
 * @module
 */

import type { Descriptor, Index, Manifest } from "../types.ts";

/** Config and layers of a manifest, or what an index lists. A subject is not part of what refers to it. */
export function contentsOf(document: Manifest | Index): Descriptor[] {
  return "manifests" in document ? document.manifests : [document.config, ...document.layers];
}
