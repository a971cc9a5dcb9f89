/**
 * The tables of an image's layers, where they have one that can be read alone.
 *
 * @module
 */

import { type LayerTable, type Parse, readLayerTable, wholeTable } from "../table/layer_table.ts";
import type { ParseOptions } from "../table/parse_table.ts";
import { isBlobberError } from "../../errors.ts";
import { TABLE_READS } from "../../limits.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";

/**
 * Finds the table of a layer.
 *
 * @param source where the layer is
 * @param layer an archive
 * @param parse what becomes of the table's bytes
 * @returns `undefined` when the layer has to be read whole: it has no table that can be read alone, or the
 * source gives no ranges of it
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, and what the source throws
 */
export async function findLayerTable<T>(
  source: Source,
  layer: Descriptor,
  parse: Parse<T>,
  options: ParseOptions,
): Promise<LayerTable<T> | undefined> {
  try {
    return await readLayerTable(source, layer, parse, options);
  } catch (error) {
    if (isBlobberError(error, "range-not-supported")) return undefined;
    throw error;
  }
}

/**
 * Finds the tables of several layers, some at a time: to parse hundreds at once would take more memory than
 * the tables do.
 *
 * @param source where the layers are
 * @param layers archives
 * @returns as {@linkcode findLayerTable} for each layer
 */
export async function findLayerTables(
  source: Source,
  layers: readonly Descriptor[],
  options: ParseOptions,
): Promise<(LayerTable | undefined)[]> {
  const found: (LayerTable | undefined)[] = [];
  const how = { lanes: TABLE_READS, signal: options.signal };
  await inLanes(layers.entries(), how, async ([i, layer], signal) => {
    found[i] = await findLayerTable(source, layer, wholeTable, { ...options, signal });
  });
  return found;
}
