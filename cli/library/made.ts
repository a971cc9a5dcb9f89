/**
 * What a push made, in the words of its JSON document.
 *
 * @module
 */

import type { PushFilesResult, PushResult } from "@blobber/core";

/** What a push made, as its document has it. */
export function madeOf(result: PushResult | PushFilesResult): Record<string, unknown> {
  const { digest, mediaType, size, files, bytes, tree } = result;
  return {
    ...{ digest, mediaType, size },
    ..."layer" in result
      ? { layer: result.layer, ...result.base !== undefined && { base: result.base } }
      : { artifactType: result.artifactType, layers: result.layers },
    ...{ files, bytes },
    ...tree !== undefined && { tree },
  };
}
