/**
 * What an update makes of a directory: the whole image, or what is chosen of it, with the content of every file
 * known by its digests.
 *
 * @module
 */

import type { UnpackWholeOptions } from "../../archive/select/unpack_whole.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { UpdateGoal } from "../../archive/update/update_work.ts";
import { checkEntry } from "../../archive/unpack/plan.ts";
import type { Source } from "../../store.ts";
import type { Document, Manifest } from "../../types.ts";
import { choose, openToChoose } from "./choose.ts";
import type { OpenLayers } from "./open_layers.ts";
import { orderedEntries } from "./ordered_entries.ts";
import { isPart, type PullRules, type PullSettings } from "./settings.ts";

/** A goal, and where its contents are. */
export interface OpenGoal extends UpdateGoal {
  tables: readonly (LayerTable | undefined)[];
  /** Bytes of layers that were read to know. */
  read: number;
  diffIdOf: UnpackWholeOptions["diffIdOf"];
  /** Removes what is kept of layers without a table. */
  close(): void;
}

/**
 * Reads what an update makes. Layers without a table are downloaded, and hashed.
 *
 * @param meanwhile called when the requests are out
 * @throws {BlobberError} as `openLayers` and `choose`
 */
export async function openGoal(
  source: Source,
  manifest: Document<Manifest>,
  { settings, rules, meanwhile }: {
    settings: PullSettings;
    rules: PullRules;
    meanwhile: () => void;
  },
): Promise<OpenGoal> {
  const { signal } = settings;
  const layers = await openToChoose(source, manifest, { signal, meanwhile });
  settings.onOpen?.(layers.archives);
  const ordered = isPart(settings) ? undefined : await orderedGoal(layers, rules);
  if (ordered !== undefined) return ordered;
  const choice = await choose(source, manifest, settings, rules, { layers, hash: true });
  const { selection, tables, read, diffIdOf } = choice;
  return { ...selection, tables, read, diffIdOf, close: () => choice.close() };
}

/** The goal of an image whose only layer has a table that is a tree by itself: no tree is made. */
async function orderedGoal(
  layers: OpenLayers,
  { limits, policy, pace }: PullRules,
): Promise<OpenGoal | undefined> {
  const ordered = await orderedEntries(layers, limits, pace);
  if (ordered === undefined) return undefined;
  const { layer: { diffId }, table: layerTable, tree, entries } = ordered;
  const { table } = layerTable;
  for (const i of table.linkRows) {
    if (pace.due()) await pace.breathe();
    if (table.type(i) === "symlink") checkEntry(table.entry(i), policy);
  }
  const read = layerTable.tail.bytes.length;
  return { tree, entries, tables: [layerTable], read, diffIdOf: () => diffId, close() {} };
}
