/**
 * What an update makes of a directory: the whole image, or what is chosen of it, with the content of every file
 * known by its digests.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { UnpackWholeOptions } from "../../archive/select/unpack_whole.ts";
import type { SelectedEntry } from "../../archive/select/selection.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { type Content, tableContent } from "../../archive/read/content.ts";
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
    if (table.type(i) === "symlink") checkEntry(table.entry(i), policy);
    entries.push(new RowOfTree(layerTable, tree, i));
  }
  const read = layerTable.tail.bytes.length;
  return { tree, entries, tables: [layerTable], read, diffIdOf: () => diffId, close() {} };
}

/** An entry of a table, which is made when it is asked for: most are compared, and never again. */
class RowOfTree implements SelectedEntry {
  readonly #layer: LayerTable;
  readonly #tree: OrderedTree;
  readonly #row: number;

  constructor(layer: LayerTable, tree: OrderedTree, row: number) {
    this.#layer = layer;
    this.#tree = tree;
    this.#row = row;
  }

  /** As {@linkcode SelectedEntry.entry}. */
  get entry(): Entry {
    const { table, fileRows } = this.#tree;
    const file = fileRows.get(this.#row);
    const entry = table.entry(this.#row);
    return file === undefined ? entry : { ...entry, linkTarget: table.path(file) };
  }

  /** As {@linkcode SelectedEntry.content}. */
  get content(): Content {
    const { table, fileRows } = this.#tree;
    return tableContent(this.#layer, table.locate(fileRows.get(this.#row) ?? this.#row));
  }
}
