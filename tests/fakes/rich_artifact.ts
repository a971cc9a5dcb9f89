/**
 * An artifact with all that may belong to one.
 *
 * @module
 */

import { cosignTag } from "../../lib/artifact/cosign_tags.ts";
import type { Store } from "../../lib/store.ts";
import type { Descriptor } from "../../lib/types.ts";
import { sample } from "./store_suite.ts";

/** Of its referrers. */
export const SIG = "application/vnd.example.sig";

/** An artifact with all that may belong to one. */
export interface Rich {
  artifact: Descriptor;
  signature: Descriptor;
  /** Refers to the signature. */
  nested: Descriptor;
  /** Stands under a tag of cosign's. */
  older: Descriptor;
}

/** Puts one into a store, with the tag `v1`. */
export async function rich(store: Store, content = "content"): Promise<Rich> {
  const artifact = await sample(store, content);
  const signature = await sample(store, `sig ${content}`, { subject: artifact, artifactType: SIG });
  const nested = await sample(store, `sbom ${content}`, { subject: signature, artifactType: SIG });
  const older = await sample(store, `older ${content}`, { tag: cosignTag(artifact.digest, "sig") });
  await store.tag("v1", artifact);
  return { artifact, signature, nested, older };
}
