/**
 * The verbs `digest`, which is what a push would make without a store that it goes to, and `treeDigest`.
 *
 * @module
 */

import type { Entry } from "../archive/entry.ts";
import type { LikelySecret } from "../archive/input/secrets.ts";
import type { PushInput } from "../archive/input/input.ts";
import type { PushOptions } from "../options.ts";
import type { PushFilesResult, PushResult } from "../results.ts";
import { DiscardStore } from "../stores/discard_store.ts";
import type { PushSettings } from "./push.ts";

export type { LikelySecret } from "../archive/input/secrets.ts";
export { isInput, treeOfArtifact, treeOfInput } from "./tree_digest.ts";

/** Options of `digest`. */
export interface DigestOptions extends PushOptions {
  /** Called with each entry, in the order of the archive. What it throws ends the call. */
  onEntry?: ((entry: Entry) => void) | undefined;
  /**
   * Called with each file that is likely to hold a secret, also those that a notice does not name, in the order
   * of the archive. What it throws ends the call.
   */
  onSecret?: ((secret: LikelySecret) => void) | undefined;
}

/**
 * Makes what a push of the same input with the same options would send.
 *
 * @param input what would be pushed
 * @param options of the push; tags and a signer are passed over
 * @throws {BlobberError} as `push`
 */
export async function digestInput(
  input: PushInput,
  options: DigestOptions & Pick<PushSettings, "threads" | "onto" | "stateDir">,
): Promise<PushResult | PushFilesResult> {
  const [{ push }, { withoutUpload }] = await Promise.all([
    import("./push.ts"),
    import("./push/settings.ts"),
  ]);
  return await push(new DiscardStore(), input, {
    ...options,
    onProgress: withoutUpload(options.onProgress),
    tags: [],
    signer: undefined,
  });
}
