/**
 * Brings the layers of a base to where a push goes: nothing is sent of what is there.
 *
 * @module
 */

import type { CallOptions, Store } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { bringBlobs } from "../copy/bring_blobs.ts";
import type { FoundBase } from "./found_base.ts";

/**
 * Has layers appear in a store.
 *
 * @param layers descriptors
 * @param base where they are
 * @param target where they have to be
 * @returns bytes that had to be sent
 */
export async function takeOver(
  layers: readonly Descriptor[],
  { store }: Pick<FoundBase, "store">,
  target: Store,
  { signal }: CallOptions,
): Promise<number> {
  // The store itself: a registry mounts from no cache before it.
  return (await bringBlobs(layers, { source: store, target }, { signal })).bytes;
}
