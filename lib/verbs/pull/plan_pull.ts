/**
 * The second step of a pull: what it will do, as far as the tables tell before anything is downloaded.
 *
 * @module
 */

import type { FileLayer } from "../../archive/read/layer_kind.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { OrderedTree } from "../../archive/tree/ordered_tree.ts";
import type { PlacedTree } from "../../archive/tree/placed_tree.ts";
import { Tree } from "../../archive/tree/tree.ts";
import { canGroup } from "../../archive/unpack/groups.ts";
import { type LayerPlan, leaveOut, planLayer, planOrdered } from "../../archive/unpack/plan.ts";
import { type FilesPlan, planFiles } from "../../archive/unpack/unpack_files.ts";
import type { Observer } from "../../events.ts";
import type { OpenLayer, OpenLayers } from "./open_layers.ts";
import type { PullRules } from "./settings.ts";

/** What a pull will do. */
export type PullPlan = TablePlan | StreamPlan;

/** Every layer has a table and is unpacked by it: everything is known. */
export interface TablePlan {
  readonly kind: "table";
  /** What is put in place. */
  readonly tree: PlacedTree;
  readonly layers: readonly PlannedLayer[];
  readonly files: FilesPlan;
  /** How many files there are to write. */
  readonly expected: number;
}

/** Some layer is read as a stream, and the tree is built as the layers come. */
export interface StreamPlan {
  readonly kind: "stream";
  /** What is put in place, to be checked before anything is downloaded, where every layer has a table. */
  readonly tree: PlacedTree | undefined;
  readonly layers: readonly OpenLayer[];
  readonly files: readonly FileLayer[];
}

/** A layer that is unpacked by its table. */
export interface TabledLayer extends OpenLayer {
  readonly table: LayerTable;
}

/** Such a layer, and what its table says is to be done. */
export interface PlannedLayer {
  readonly layer: TabledLayer;
  readonly plan: LayerPlan;
}

/**
 * Plans a pull.
 *
 * @param layers what is known of the layers
 * @param observer is told what is left out, where that is known now
 * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
 */
export async function planPull(
  { archives, files }: OpenLayers,
  rules: PullRules,
  observer: Observer,
): Promise<PullPlan> {
  const { limits, policy, pace } = rules;
  if (!archives.every(hasTable)) {
    return { kind: "stream", tree: undefined, layers: archives, files };
  }
  const byTable = archives.every(isByTable);
  if (byTable && archives.length === 1 && files.length === 0) {
    const planned = await planOrderedLayer(archives[0]!, rules);
    if (planned !== undefined) return planned;
  }
  const tree = new Tree(limits, pace);
  const layers: PlannedLayer[] = [];
  for (const layer of archives) {
    tree.nextLayer();
    layers.push({ layer, plan: await planLayer(tree, layer.table.table, policy, pace) });
  }
  const filesPlan = planFiles(tree, files, policy);
  leaveOut(tree, policy, observer);
  if (!byTable) return { kind: "stream", tree, layers: archives, files };
  const expected = layers.reduce((sum, { plan }) => sum + plan.files, files.length);
  return { kind: "table", tree, layers, files: filesPlan, expected };
}

/** The plan of an artifact whose only layer has a table that is a tree by itself. */
async function planOrderedLayer(
  layer: TabledLayer,
  { limits, policy, pace }: PullRules,
): Promise<TablePlan | undefined> {
  const tree = await OrderedTree.of(layer.table.table, limits, pace);
  if (tree === undefined) return undefined;
  const plan = await planOrdered(tree, policy, pace);
  const files: FilesPlan = { directories: [], files: [] };
  return { kind: "table", tree, layers: [{ layer, plan }], files, expected: plan.files };
}

function hasTable(layer: OpenLayer): layer is TabledLayer {
  return layer.table !== undefined;
}

/** Whether a layer is unpacked by its table; others are read as streams. */
export function isByTable(layer: OpenLayer): layer is TabledLayer {
  return hasTable(layer) && canGroup(layer.table);
}
