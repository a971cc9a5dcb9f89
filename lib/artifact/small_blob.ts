/**
 * Small blobs, put whole.
 *
 * @module
 */

import { andLetGo } from "../caller_errors.ts";
import { digestOf } from "../digest.ts";
import type { CallOptions, Target } from "../store.ts";
import type { Descriptor } from "../types.ts";

/**
 * Makes bytes a blob of a store, unless they are one already.
 *
 * @param target where to
 * @param mediaType what they are
 * @param bytes the content
 * @returns what names it
 */
export async function putBlob(
  target: Target,
  mediaType: string,
  bytes: Uint8Array,
  options: CallOptions = {},
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  if (await target.has(descriptor, options)) return descriptor;
  const writer = await target.begin(mediaType, options);
  await andLetGo(async () => {
    await writer.write(bytes);
    await writer.commit(descriptor);
  }, () => writer.abort());
  return descriptor;
}
