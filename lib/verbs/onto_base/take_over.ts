/**
 * Brings the layers of a base to where a push goes: nothing is sent of what is there.
 *
 * @module
 */

import { andLetGo } from "../../caller_errors.ts";
import { CheckedReader } from "../../checked_content.ts";
import { COPY_STREAMS } from "../../limits.ts";
import type { CallOptions, Source, Store } from "../../store.ts";
import { inLanes } from "../../system/lanes.ts";
import type { Descriptor } from "../../types.ts";
import type { FoundBase } from "./found_base.ts";

/** Bytes that are read at once. */
const BUFFER = 256 * 1024;

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
  { source, store }: Pick<FoundBase, "source" | "store">,
  target: Store,
  { signal }: CallOptions,
): Promise<number> {
  let sent = 0;
  await inLanes(layers, { lanes: COPY_STREAMS, signal }, async (layer, signal) => {
    const { mediaType, digest, size } = layer;
    const blob = { mediaType, digest, size };
    if (await target.has(blob, { signal })) return;
    if (await target.mount?.(blob, store, { signal })) return;
    await send(blob, source, target, { signal });
    sent += size;
  });
  return sent;
}

async function send(
  blob: Descriptor,
  source: Source,
  target: Store,
  call: CallOptions,
): Promise<void> {
  const { size, digest } = blob;
  const name = `layer ${digest} of ${source.name}`;
  const reader = new CheckedReader(await source.fetch(blob, call), { size, digest, name });
  try {
    const writer = await target.begin(blob.mediaType, call);
    await andLetGo(async () => {
      let scratch = new ArrayBuffer(BUFFER);
      for (;;) {
        const bytes = await reader.read(scratch);
        if (bytes === undefined) break;
        await writer.write(bytes);
        scratch = bytes.buffer;
      }
      await writer.commit(blob);
    }, () => writer.abort());
  } finally {
    await reader.cancel();
  }
}
