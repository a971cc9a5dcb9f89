/**
 * The first step of a push: the layer, packed and sent while it is being made, or found in the store.
 *
 * @module
 */

import { CHUNK_RULE_NAME } from "../../archive/chunking/chunk_rule.ts";
import type { ArchiveInput } from "../../archive/input/input.ts";
import { andLetGo } from "../../caller_errors.ts";
import type { KnownLayer } from "../../stores/cache/push_index.ts";
import type { Store } from "../../store.ts";
import { keyGuard } from "./key_guard.ts";
import { type Contents, LayerPacking } from "./pack_layer.ts";
import type { PackSettings, PushFormat, PushSettings } from "./settings.ts";

/**
 * Packs the layer and sends it, or finds that it is there already.
 *
 * @param target where to
 * @param input what is packed
 * @param settings how
 * @throws {BlobberError} as `push`
 */
export async function sendLayer(
  target: Store,
  input: ArchiveInput,
  settings: PushSettings & PushFormat,
): Promise<KnownLayer & Contents> {
  const { signal, cacheDir, encoder, mediaType } = settings;
  const options = { ...settings, allowSecrets: settings.allowSecrets ?? false };
  const packing = new LayerPacking(input, options);
  const { listing } = packing;
  try {
    const memory = cacheDir === undefined || listing === undefined
      ? undefined
      : (await import("./push_memory.ts")).PushMemory.open(cacheDir, listing, {
        ...options,
        chunks: CHUNK_RULE_NAME,
        keys: await keyGuard(options),
      });
    const known = await memory?.find(target, mediaType, packing, options);
    if (known !== undefined) return known;
    const writer = await target.begin(mediaType, { signal });
    return await andLetGo(async () => {
      const write = (bytes: Uint8Array) => writer.write(bytes);
      const onEntry: PackSettings["onEntry"] = memory === undefined
        ? options.onEntry
        : (entry, stat) => memory.saw(entry, stat!);
      const layer = await packing.pack(encoder, write, { ...options, onEntry });
      const { digest, size } = layer;
      await writer.commit({ mediaType, digest, size });
      const sent = { done: size, total: size };
      options.onProgress?.({ phase: "upload", ...sent, unit: "bytes", finished: true });
      // What only an option allows is packed again, and checked again.
      if (layer.isPullable) memory?.keep(layer, layer.contents, layer.secrets);
      return layer;
    }, () => writer.abort());
  } finally {
    await packing.close();
  }
}
