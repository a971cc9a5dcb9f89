/**
 * The entries of an image whose only layer has a table that is a tree by itself: no tree is made of them.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import { type Content, tableContent } from "../../archive/read/content.ts";
import type { SelectedEntry } from "../../archive/select/selection.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { OrderedTree } from "../../archive/tree/ordered_tree.ts";
import type { Pace } from "../../system/pace.ts";
import type { OpenLayer, OpenLayers } from "./open_layers.ts";
import type { PullRules } from "./settings.ts";

/** A table in order. */
export interface OrderedEntries {
  layer: OpenLayer;
  table: LayerTable;
  tree: OrderedTree;
  /** One for each row, in their order. */
  entries: SelectedEntry[];
}

/**
 * Takes the entries of a table as they are.
 *
 * @param layers of the image
 * @param limits how much is accepted
 * @returns `undefined` where a tree has to be made: of other layers, or of names that are out of the ordinary
 * @throws {BlobberError} `limit`
 */
export async function orderedEntries(
  { archives, files }: OpenLayers,
  limits: PullRules["limits"],
  pace: Pace,
): Promise<OrderedEntries | undefined> {
  if (archives.length !== 1 || files.length > 0) return undefined;
  const layer = archives[0]!;
  const { table } = layer;
  if (table === undefined) return undefined;
  const tree = await OrderedTree.of(table.table, limits, pace);
  if (tree === undefined) return undefined;
  const entries: SelectedEntry[] = [];
  for (let i = 0; i < table.table.length; i++) {
    if (pace.due()) await pace.breathe();
    entries.push(new RowOfTree(table, tree, i));
  }
  return { layer, table, tree, entries };
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
