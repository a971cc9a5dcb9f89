/**
 * How many files an artifact has, as far as tables of contents tell.
 *
 * @module
 */

import { type Layers, layersOf } from "../../archive/read/layer_kind.ts";
import { findLayerTables } from "../../archive/read/layer_tables.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { listedBudget } from "../../archive/table/parse_table.ts";
import { isFormatsOwn } from "../../archive/toc.ts";
import { isBlobberError } from "../../errors.ts";
import type { InspectedLayer, InspectResult } from "../../looking.ts";
import type { CallOptions, Source } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import type { Document, Manifest } from "../../types.ts";

/** What the tables of an artifact tell. */
export interface FilesFound {
  /** For each layer of the manifest, where it has a table. */
  layers: (InspectedLayer["table"] | undefined)[];
  /** All layers together, where there is a table of each archive. */
  whole?: InspectResult["files"];
}

/** How much is read. */
export interface CountOptions extends CallOptions {
  /** The most entries. @default 1,000,000 */
  maxEntries?: number | undefined;
}

/**
 * Reads the tables of an artifact's layers and counts what they list. Nothing else of a layer is downloaded.
 *
 * @param source where the layers are
 * @param manifest checked
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, and what the source throws
 */
export async function countFiles(
  source: Source,
  manifest: Document<Manifest>,
  { signal, maxEntries }: CountOptions,
): Promise<FilesFound> {
  const { layers } = manifest.value;
  const parts = partsOf(manifest);
  if (parts === undefined) return { layers: [] };
  const pace = new Pace(signal);
  const budget = listedBudget(maxEntries);
  const tables = await findLayerTables(source, parts.archives, { signal, budget });
  const found = new Map<unknown, InspectedLayer["table"]>();
  for (const [i, table] of tables.entries()) {
    if (table !== undefined) found.set(parts.archives[i], await countTable(table, pace));
  }
  const counted: FilesFound = { layers: layers.map((layer) => found.get(layer)) };
  const { archives } = parts;
  if (found.size < archives.length) return counted;
  if (archives.length === 1 && parts.files.length === 0 && !hasWhiteouts(tables[0]!)) {
    const { entries, files, bytes } = found.get(archives[0])!;
    return { ...counted, whole: { entries, files, bytes } };
  }
  return { ...counted, whole: await countApplied(source, parts, tables, { signal, maxEntries }) };
}

/** An artifact without layers, or with names of files that cannot be, has no files that could be counted. */
function partsOf(manifest: Document<Manifest>): Layers | undefined {
  if (manifest.value.layers.length === 0) return undefined;
  try {
    return layersOf(manifest);
  } catch (error) {
    if (isBlobberError(error, "path-traversal", "invalid-archive")) return undefined;
    throw error;
  }
}

/** Names of entries that remove what is below them (layer.md, "Whiteouts"). */
const WHITEOUT = /(?:^|\/)\.wh\./;

function hasWhiteouts({ table }: LayerTable): boolean {
  return table.names.some((name) => WHITEOUT.test(name));
}

/** Each path once: of rows with the same path, the last counts. */
async function countTable(
  { table, footer }: LayerTable,
  pace: Pace,
): Promise<NonNullable<InspectedLayer["table"]>> {
  const last = new Map<string, number>();
  for (let i = 0; i < table.length; i++) {
    if (pace.due()) await pace.breathe();
    const path = table.path(i);
    if (!isFormatsOwn(path)) last.set(path, i);
  }
  let [files, bytes] = [0, 0];
  for (const i of last.values()) {
    if (pace.due()) await pace.breathe();
    const type = table.type(i);
    if (type === "file" || type === "hardlink") files++;
    if (type === "file") bytes += table.size(i);
  }
  const format = footer.format === "gzip" ? "estargz" : "zstd:chunked";
  return { format, entries: last.size, files, bytes };
}

/** With all layers applied: a layer above may replace and remove what is below. */
async function countApplied(
  source: Source,
  parts: Layers,
  tables: (LayerTable | undefined)[],
  options: CountOptions,
): Promise<NonNullable<InspectResult["files"]>> {
  const { readTree } = await import("../../archive/read/tree_contents.ts");
  const { listing, close } = await readTree(source, parts, tables, options);
  let [all, files, bytes] = [0, 0, 0];
  try {
    for await (const entries of listing.entries({ signal: options.signal })) {
      for (const { type, size } of entries) {
        all++;
        if (type === "file" || type === "hardlink") files++;
        if (type === "file") bytes += size;
      }
    }
  } finally {
    close();
  }
  return { entries: all, files, bytes };
}
