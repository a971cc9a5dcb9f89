/**
 * What an update makes of a directory: the whole image, or what is chosen of it, with the content of every file
 * known by its digests.
 *
 * @module
 */

import type { UnpackWholeOptions } from "../../archive/select/unpack_whole.ts";
import type { SelectedEntry } from "../../archive/select/selection.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { tableContent } from "../../archive/read/content.ts";
import { OrderedTree } from "../../archive/tree/ordered_tree.ts";
import type { UpdateGoal } from "../../archive/update/update_work.ts";
import { checkEntry } from "../../archive/unpack/plan.ts";
import type { Source } from "../../store.ts";
import type { Document, Manifest } from "../../types.ts";
import { choose, openToChoose } from "./choose.ts";
import type { OpenLayers } from "./open_layers.ts";
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
  const ordered = isPart(settings) ? undefined : await orderedGoal(layers, rules);
  if (ordered !== undefined) return ordered;
  const choice = await choose(source, manifest, settings, rules, { layers, hash: true });
  const { selection, tables, read, diffIdOf } = choice;
  return { ...selection, tables, read, diffIdOf, close: () => choice.close() };
}

/** The goal of an image whose only layer has a table that is a tree by itself: no tree is made. */
async function orderedGoal(
  { archives, files }: OpenLayers,
  { limits, policy, pace }: PullRules,
): Promise<OpenGoal | undefined> {
  if (archives.length !== 1 || files.length > 0) return undefined;
  const { table: layerTable, diffId } = archives[0]!;
  if (layerTable === undefined) return undefined;
  const { table } = layerTable;
  const tree = await OrderedTree.of(table, limits, pace);
  if (tree === undefined) return undefined;
  const entries: SelectedEntry[] = [];
  for (let i = 0; i < table.length; i++) {
    if (pace.due()) await pace.breathe();
    const file = tree.fileRows.get(i);
    const located = table.locate(file ?? i);
    const entry = file === undefined
      ? located.row.entry
      : { ...table.entry(i), linkTarget: table.path(file) };
    checkEntry(entry, policy);
    entries.push({ entry, content: tableContent(layerTable, located) });
  }
  const read = layerTable.tail.bytes.length;
  return { tree, entries, tables: [layerTable], read, diffIdOf: () => diffId, close() {} };
}
