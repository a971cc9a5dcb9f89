/**
 * What is in an image: the entries of its layers, applied in order, and where the content of each is.
 *
 * @module
 */

import { type LayerTable, namesOfTable } from "../table/layer_table.ts";
import { listedBudget } from "../table/parse_table.ts";
import type { NamedTable } from "../table/table.ts";
import { OrderedListing } from "../tree/ordered_listing.ts";
import { Pace } from "../../system/pace.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Document, Manifest } from "../../types.ts";
import { type Contents, type ContentsOptions, tableContent } from "./content.ts";
import { layersOf } from "./layer_kind.ts";
import { findLayerTable, findLayerTables } from "./layer_tables.ts";

/**
 * Reads the tables of an image's layers, and the whole of archives that have none. Of a layer that is a file,
 * the manifest says all.
 *
 * @param source where it is
 * @param manifest its manifest
 */
export async function readContents(
  source: Source,
  manifest: Document<Manifest>,
  options: ContentsOptions,
): Promise<Contents> {
  const layers = layersOf(manifest);
  const { archives, files } = layers;
  const { signal, maxEntries } = options;
  const budget = listedBudget(maxEntries);
  let tables: (LayerTable | undefined)[];
  if (archives.length === 1 && files.length === 0) {
    const found = await findLayerTable(source, archives[0]!, namesOfTable, { signal, budget });
    const listing = found && await OrderedListing.of(
      found.table,
      (located) => tableContent(found, located),
      { budget, pace: new Pace(signal) },
    );
    if (listing !== undefined) return { listing, close() {} };
    tables = [await wholeOf(found, options)];
  } else {
    tables = await findLayerTables(source, archives, { signal, budget });
  }
  const { readTree } = await import("./tree_contents.ts");
  return await readTree(source, layers, tables, options);
}

async function wholeOf(
  found: LayerTable<NamedTable> | undefined,
  { signal }: CallOptions,
): Promise<LayerTable | undefined> {
  return found && { ...found, table: await found.table.whole({ signal }) };
}
