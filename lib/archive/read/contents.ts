/**
 * What is in an image: the entries of its layers, applied in order, and where the content of each is.
 *
 * @module
 */

import {
  type LayerEnd,
  type LayerTable,
  namesOfTable,
  type Parse,
  readLayerTable,
  wholeTable,
} from "../table/layer_table.ts";
import { applyFile, type FileLayer, fileLayerOf } from "./layer_kind.ts";
import type { Spool, SpooledEntry } from "./spool.ts";
import { Budget } from "../budget.ts";
import type { Growth } from "../growth.ts";
import type { Listing } from "../tree/listing.ts";
import { OrderedListing } from "../tree/ordered_listing.ts";
import { listedBudget, type ParseOptions } from "../table/parse_table.ts";
import type { Located, NamedTable } from "../table/table.ts";
import { isFormatsOwn } from "../toc.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import {
  MAX_BYTES,
  MAX_LISTED_ENTRIES,
  SURPRISING_DOWNLOAD_BYTES,
  TABLE_READS,
} from "../../limits.ts";
import { inLanes } from "../../system/lanes.ts";
import type { UnpackLimits } from "../../options.ts";
import { Pace } from "../../system/pace.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Descriptor, Document, Manifest } from "../../types.ts";

/** Where the content of an entry is. */
export type Content =
  | ({ kind: "table"; layer: LayerEnd } & Located)
  | { kind: "spool"; spool: Spool; at: SpooledEntry }
  | { kind: "layer"; layer: Descriptor };

/** The entries of an image. */
export interface Contents {
  listing: Listing<Content>;
  /** Releases what is held. */
  close(): void;
}

/** How to read an image. */
export interface ContentsOptions extends Observer {
  /** The most entries. @default 1,000,000 */
  maxEntries?: UnpackLimits["maxEntries"];
  /** The most bytes of files in layers that have to be unpacked to see what is in them. @default 10,000,000,000, and 200 more for each byte of layers */
  maxBytes?: UnpackLimits["maxBytes"];
  /** Whether no content will be asked for, so that none has to be kept. @default false */
  namesOnly?: boolean | undefined;
}

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
  const { archives } = layers;
  const { signal, maxEntries } = options;
  const budget = listedBudget(maxEntries);
  if (archives.length === 1 && layers.files.length === 0) {
    const found = await tableOf(source, archives[0]!, namesOfTable, { signal, budget });
    const pace = new Pace(signal);
    const listing = found && await OrderedListing.of(
      found.table,
      (located) => contentOf(found, located),
      { budget, pace },
    );
    if (listing !== undefined) return { listing, close() {} };
    return await readTree(source, layers, [await wholeOf(found, options)], options);
  }
  const tables = await readLayers(
    archives,
    { signal },
    (layer, signal) => tableOf(source, layer, wholeTable, { signal, budget }),
  );
  return await readTree(source, layers, tables, options);
}

/**
 * Reads something of each layer, some at a time: what is in the making of hundreds at once would take more
 * memory than what comes of it.
 *
 * @param layers the layers
 * @param read called with each
 */
export async function readLayers<T>(
  layers: readonly Descriptor[],
  { signal }: CallOptions,
  read: (layer: Descriptor, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  await inLanes(layers.entries(), TABLE_READS, signal, async ([i, layer], signal) => {
    found[i] = await read(layer, signal);
  });
  return found;
}

async function wholeOf(
  found: LayerTable<NamedTable> | undefined,
  { signal }: Observer,
): Promise<LayerTable | undefined> {
  return found && { ...found, table: await found.table.whole({ signal }) };
}

function contentOf(layer: LayerEnd, located: Located): Content {
  return { kind: "table", layer, ...located };
}

async function readTree(
  source: Source,
  { archives, files }: Layers,
  tables: (LayerTable | undefined)[],
  options: ContentsOptions,
): Promise<Contents> {
  const { signal, maxEntries = MAX_LISTED_ENTRIES } = options;
  const [{ Tree }, { allowanceFor }, { Growth }] = await Promise.all([
    import("../tree/tree.ts"), // few need one
    import("../allowance.ts"),
    import("../growth.ts"),
  ]);
  const sent = archives.reduce((sum, { size }) => sum + size, 0);
  const { maxBytes = allowanceFor(sent).bytes } = options;
  // What the layers' sizes are is a claim until they have come.
  const growth = new Growth(2 * MAX_BYTES + (options.maxBytes ?? 0));
  const pace = new Pace(signal);
  const tree = new Tree<Content>({ maxEntries, maxBytes: Infinity, maxFileBytes: Infinity }, pace);
  const unpacked = new Budget({ maxEntries, maxBytes, maxFileBytes: Infinity });
  const spools: Spool[] = [];
  const close = () => spools.forEach((spool) => spool.close());
  try {
    for (const [i, layer] of archives.entries()) {
      const table = tables[i];
      tree.nextLayer();
      if (table !== undefined) {
        for (const i of table.table.names.keys()) {
          if (pace.due()) await pace.breathe();
          const located = table.table.locate(i);
          const { entry } = located.row;
          if (!isFormatsOwn(entry.path)) tree.apply(entry, contentOf(table, located));
        }
        continue;
      }
      const spool = await spoolOf(source, layer, { ...options, budget: unpacked, growth });
      spools.push(spool);
      for (const at of spool.entries) {
        if (pace.due()) await pace.breathe();
        tree.apply(at.entry, { kind: "spool", spool, at });
      }
    }
    tree.nextLayer();
    for (const file of files) applyFile(tree, file, { kind: "layer", layer: file.layer });
  } catch (error) {
    close();
    throw error;
  }
  return { listing: tree, close };
}

/** The layers of an image. */
export interface Layers {
  /** Lowest first. */
  archives: Descriptor[];
  files: FileLayer[];
}

/**
 * The layers of a manifest.
 *
 * @throws {BlobberError} `invalid-manifest` when there are none: nothing to list or to unpack;
 * `path-traversal`, `invalid-archive` for files whose name cannot be one
 */
export function layersOf(manifest: Document<Manifest>): Layers {
  const found: Layers = { archives: [], files: [] };
  const { layers } = manifest.value;
  for (const layer of layers) {
    const file = fileLayerOf(layer, manifest.value);
    if (file === undefined) found.archives.push(layer);
    else found.files.push(file);
  }
  if (layers.length > 0) return found;
  throw new BlobberError(
    "invalid-manifest",
    `the manifest ${manifest.descriptor.digest} has no layers, expected at least one`,
  );
}

/**
 * The table of a layer, or `undefined` when the layer has to be read whole: it has none that can be read
 * alone, or the source gives no ranges of it.
 */
export async function tableOf<T extends NamedTable>(
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

async function spoolOf(
  source: Source,
  layer: Descriptor,
  options: ContentsOptions & { budget: Budget; growth: Growth },
): Promise<Spool> {
  notify(
    options,
    layer.size > SURPRISING_DOWNLOAD_BYTES ? "warning" : "debug",
    "whole-download",
    `no table of contents of the layer ${layer.digest} can be read alone, so all of its ` +
      `${layer.size} bytes are downloaded`,
  );
  const total = layer.size;
  const onBytes = (done: number, finished = done === total) =>
    options.onProgress?.({ phase: "download", done, total, unit: "bytes", finished });
  const { Spool } = await import("./spool.ts");
  return await Spool.make(source, layer, { ...options, onBytes, keep: !options.namesOnly });
}
