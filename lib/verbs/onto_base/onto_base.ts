/**
 * A push onto a base: its layers stay, and one on top holds what is not the same in them.
 *
 * @module
 */

import { checkPullable } from "../../archive/allowance.ts";
import type { ArchiveInput } from "../../archive/input/input.ts";
import type { Store } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import { newLayer } from "../push/image_documents.ts";
import { keyGuard } from "../push/key_guard.ts";
import { LayerPacking } from "../push/pack_layer.ts";
import type { PushFormat, PushSettings, SentLayers } from "../push/settings.ts";
import { type BaseLayer, openBase } from "./base_layers.ts";
import type { FoundBase, Unfit } from "./found_base.ts";
import { makeSure } from "./known.ts";
import { Levels } from "./levels.ts";
import { lookAtTree, tellOf, treeDigestOf } from "./looked_tree.ts";
import { planOnto } from "./plan.ts";
import { takeOver } from "./take_over.ts";
import { sendTopLayer } from "./top_layer.ts";

/**
 * Sends what is not in the base.
 *
 * @param input a directory
 * @returns why one whole layer is to be made instead, where it is: then nothing was sent
 * @throws {BlobberError} as `push`; `integrity` for a base that is not what it says
 */
export async function pushOntoBase(
  target: Store,
  input: ArchiveInput,
  base: FoundBase,
  given: PushSettings & PushFormat,
): Promise<SentLayers | Unfit> {
  const settings = { ...given, allowSecrets: given.allowSecrets ?? false };
  const packing = new LayerPacking(input, settings);
  try {
    return await onto({ target, packing, base }, settings);
  } finally {
    await packing.close();
  }
}

async function onto(
  { target, packing, base }: { target: Store; packing: LayerPacking; base: FoundBase },
  settings: PushSettings & PushFormat,
): Promise<SentLayers | Unfit> {
  const { signal } = settings;
  const { threads } = packing;
  const listing = packing.listing!;
  if (listing.worthThreads) threads.start("look"); // while the tables come
  const opened = await openBase(base, settings);
  if ("reason" in opened) return opened;
  const pace = new Pace(signal);
  const levels = await Levels.of(opened.layers.map(({ table }) => table), pace);
  const keys = await keyGuard(settings);
  const looked = await lookAtTree(listing.entries(), { threads, keys, base: levels }, settings);
  const plan = await planOnto(looked, { ...opened, levels }, pace);
  if ("reason" in plan) return plan;
  const { kept, top } = plan;
  tellOf(looked, settings);
  await makeSure(kept, base, settings);
  const descriptors = kept.map(({ descriptor }) => descriptor);
  const copied = await takeOver(descriptors, base, target, { signal });
  const what = top && { content: top, looked: looked.entries };
  const packed = what && await sendTopLayer(what, target, { ...settings, threads, keys });
  const size = descriptors.reduce((sum, { size }) => sum + size, packed?.size ?? 0);
  checkPullable(looked.surveyed, size, settings);
  const { digest, size: bytesOfLayer, diffId, entries } = packed ?? describe(kept.at(-1)!);
  const { files, bytes } = looked.surveyed;
  const layers = [...descriptors, ...packed ? [newLayer(packed, settings)] : []];
  return {
    layers,
    diffIds: [...kept.map(({ diffId }) => diffId), ...packed ? [packed.diffId] : []],
    tree: treeDigestOf(looked),
    files,
    bytes,
    layer: { digest, diffId, size: bytesOfLayer, entries },
    base: {
      digest: base.root.descriptor.digest,
      kept: kept.length,
      absorbed: opened.layers.length - kept.length,
      layers: layers.map(({ digest, size }) => ({ digest, size })),
      sent: copied + (packed?.size ?? 0),
    },
  };
}

function describe({ descriptor: { digest, size }, diffId, table }: BaseLayer): SentLayers["layer"] {
  return { digest, size, diffId, entries: table.table.length };
}
