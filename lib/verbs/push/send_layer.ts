/**
 * The first step of a push: the layer, packed and sent while it is being made, or found in the store.
 *
 * @module
 */

import { CHUNK_RULE_NAME } from "../../archive/chunking/chunk_rule.ts";
import type { ArchiveInput } from "../../archive/input/input.ts";
import { andLetGo } from "../../caller_errors.ts";
import type { KnownLayer } from "../../stores/cache/push_index.ts";
import type { LayerFacts } from "../../stores/state/known_layers.ts";
import type { Store } from "../../store.ts";
import { newLayer } from "./image_documents.ts";
import { keyGuard } from "./key_guard.ts";
import { type Contents, LayerPacking } from "./pack_layer.ts";
import type { PackSettings, PushFormat, PushSettings, SentLayers } from "./settings.ts";

/**
 * Packs all of it into one layer.
 *
 * @param packing as for {@linkcode sendLayer}
 */
export async function sendWhole(
  target: Store,
  input: ArchiveInput,
  settings: PushSettings & PushFormat,
  packing?: LayerPacking,
): Promise<SentLayers & { sent: number }> {
  const packed = await sendLayer(target, input, settings, packing);
  const { digest, diffId, size, entries, tree, files, bytes, sent } = packed;
  const layer = { digest, diffId, size, entries };
  const layers = [newLayer(packed, settings)];
  return { layers, diffIds: [diffId], layer, tree, files, bytes, sent };
}

/**
 * Packs the layer and sends it, or finds that it is there already.
 *
 * @param target where to
 * @param input what is packed
 * @param settings how
 * @param packing of that input, not used yet
 * @returns the layer, and how many bytes were sent
 * @throws {BlobberError} as `push`
 */
export async function sendLayer(
  target: Store,
  input: ArchiveInput,
  settings: PushSettings & PushFormat,
  packing: LayerPacking = new LayerPacking(input, settings),
): Promise<KnownLayer & Contents & { sent: number }> {
  const { signal, cacheDir, encoder, mediaType } = settings;
  const options = { ...settings, allowSecrets: settings.allowSecrets ?? false };
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
    if (known !== undefined) {
      await noteLayer(known, settings);
      return { ...known, sent: 0 };
    }
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
      await noteLayer(layer, settings);
      return { ...layer, sent: size };
    }, () => writer.abort());
  } finally {
    await packing.close();
  }
}

/** Notes that this machine packed a layer: a push onto it need not read it. */
export async function noteLayer(layer: LayerFacts, settings: PushSettings): Promise<void> {
  const { stateDir } = settings;
  if (stateDir === undefined) return;
  const [{ StateDirectory }, { noteLayer }] = await Promise.all([
    import("../../stores/state/state_directory.ts"),
    import("../../stores/state/known_layers.ts"),
  ]);
  const state = StateDirectory.open(stateDir, settings);
  if (state !== undefined) noteLayer(state, layer);
}
