/**
 * How the contents of a selection are had: of each layer with a table the runs that hold them, and of the others
 * what was unpacked already, or the layer that is the file.
 *
 * @module
 */

import type { Content } from "../read/content.ts";
import type { LayerEnd, LayerTable } from "../table/layer_table.ts";
import type { Located } from "../table/table.ts";
import { bytesOf, type Run, runsOf, type WantedFile } from "./chunk_runs.ts";
import type { SelectedEntry } from "./selection.ts";

/** A file of a selection, by where its content is. */
export type SelectedFile<K extends Content["kind"]> = SelectedEntry & {
  content: Content & { kind: K };
};

/** What is wanted of one layer that has a table. */
export interface WantedLayer {
  layer: LayerTable;
  /** The runs that hold the files, in the order of the layer, which joins the most. */
  runs: Run<SelectedEntry>[];
  /** Whether a file goes to several places: then it is read for each. */
  repeats: boolean;
  /** Files without content. */
  empty: SelectedFile<"table">[];
}

/** The files of a selection. */
export interface ContentPlan {
  layers: WantedLayer[];
  /** Out of layers that were unpacked to be read. */
  spooled: SelectedFile<"spool">[];
  /** Layers that are files. */
  whole: SelectedFile<"layer">[];
}

/**
 * Plans how contents are had.
 *
 * @param entries of the selection
 * @param tables of the image's layers, where they have one
 */
export function planContents(
  entries: readonly SelectedEntry[],
  tables: readonly (LayerTable | undefined)[],
): ContentPlan {
  const plan: ContentPlan = { layers: [], spooled: [], whole: [] };
  const found = new Map<LayerEnd, { wanted: WantedFile<SelectedEntry>[]; layer: WantedLayer }>();
  for (const table of tables) {
    if (table === undefined) continue;
    found.set(table, { wanted: [], layer: { layer: table, runs: [], repeats: false, empty: [] } });
  }
  for (const file of entries) {
    if (file.entry.type !== "file") continue;
    if (isOf(file, "spool")) plan.spooled.push(file);
    else if (isOf(file, "layer")) plan.whole.push(file);
    else if (isOf(file, "table")) {
      const { wanted, layer } = found.get(file.content.layer)!;
      if (file.content.row.chunkCount === 0) layer.empty.push(file);
      else wanted.push({ file, located: file.content });
    }
  }
  for (const { wanted, layer } of found.values()) {
    if (wanted.length === 0 && layer.empty.length === 0) continue;
    wanted.sort((a, b) => firstOf(a) - firstOf(b));
    layer.runs = runsOf(layer.layer, wanted);
    layer.repeats = wanted.some((one, i) => i > 0 && firstOf(one) === firstOf(wanted[i - 1]!));
    plan.layers.push(layer);
  }
  return plan;
}

/** The most that is asked for in parts, of a layer's bytes: one answer with the rest comes sooner than many. */
export const MOST_IN_PARTS: number = 3 / 4;

/** Whether a layer is better read as a whole: that is checked as a whole too, and unpacked by threads. */
export function isWorthWhole({ layer, runs, repeats }: WantedLayer): boolean {
  if (repeats) return false;
  // A request is worth as many bytes as are fetched along to save one.
  const asked = bytesOf(runs) + runs.length * 64 * 1024;
  return asked > MOST_IN_PARTS * layer.layer.size;
}

function firstOf({ located }: { located: Located }): number {
  return located.row.first;
}

/** Whether the content of an entry is of a kind. */
export function isOf<K extends Content["kind"]>(
  entry: SelectedEntry,
  kind: K,
): entry is SelectedFile<K> {
  return entry.content.kind === kind;
}
