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
} from "./layer_table.ts";
import { applyFile, type FileLayer, fileLayerOf } from "./layer_kind.ts";
import type { Spool, SpooledEntry } from "./spool.ts";
import type { Listing } from "./listing.ts";
import { OrderedListing } from "./ordered_listing.ts";
import type { ParseOptions } from "./parse_table.ts";
import type { Located, NamedTable } from "./table.ts";
import { Tree } from "./tree.ts";
import { isFormatsOwn } from "../toc.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_BYTES, MAX_LISTED_ENTRIES, MAX_UNRANGED_BYTES } from "../../limits.ts";
import { Pace, ROWS_A_TURN } from "../../pace.ts";
import type { Source } from "../../store.ts";
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
  observer: Observer,
): Promise<Contents> {
  const layers = layersOf(manifest);
  const { archives } = layers;
  if (archives.length === 1 && layers.files.length === 0) {
    const found = await tableOf(source, archives[0]!, namesOfTable, { signal: observer.signal });
    const pace = new Pace(observer.signal);
    const listing = found &&
      await OrderedListing.of(found.table, (located) => contentOf(found, located), pace);
    if (listing !== undefined) return { listing, close() {} };
    return await readTree(source, layers, [await wholeOf(found, observer)], observer);
  }
  const read = (layer: Descriptor) =>
    tableOf(source, layer, wholeTable, { signal: observer.signal });
  return await readTree(source, layers, await Promise.all(archives.map(read)), observer);
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
  observer: Observer,
): Promise<Contents> {
  const tree = new Tree<Content>({
    maxEntries: MAX_LISTED_ENTRIES,
    maxBytes: Infinity,
    maxFileBytes: Infinity,
  });
  const pace = new Pace(observer.signal);
  const spools: Spool[] = [];
  const close = () => spools.forEach((spool) => spool.close());
  try {
    for (const [i, layer] of archives.entries()) {
      const table = tables[i];
      tree.nextLayer();
      if (table !== undefined) {
        for (const i of table.table.names.keys()) {
          if (i % ROWS_A_TURN === 0) await pace.breathe();
          const located = table.table.locate(i);
          const { entry } = located.row;
          if (!isFormatsOwn(entry.path)) tree.apply(entry, contentOf(table, located));
        }
        continue;
      }
      const spool = await spoolOf(source, layer, observer);
      spools.push(spool);
      for (const at of spool.entries) tree.apply(at.entry, { kind: "spool", spool, at });
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
 * The table of a layer, or `undefined` when the layer has to be read whole.
 *
 * @throws {BlobberError} `range-not-supported` for a large layer in a source that gives no ranges
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
    if (!isBlobberError(error, "range-not-supported")) throw error;
    if (layer.size <= MAX_UNRANGED_BYTES) return undefined;
    throw new BlobberError("range-not-supported", error.message, {
      cause: error,
      hint: `reading single files would mean to download ${layer.size} bytes: ` +
        "pull the artifact instead",
    });
  }
}

async function spoolOf(source: Source, layer: Descriptor, observer: Observer): Promise<Spool> {
  notify(
    observer,
    "debug",
    "whole-download",
    `the layer ${layer.digest} has no table of contents that can be read alone, so all of its ` +
      `${layer.size} bytes are downloaded`,
  );
  let entries = 0;
  let bytes = 0;
  const count = ({ size }: { size: number }) => {
    bytes += size;
    if (++entries <= MAX_LISTED_ENTRIES && bytes <= MAX_BYTES) return;
    throw new BlobberError(
      "limit",
      `the layer ${layer.digest} holds more than ${MAX_LISTED_ENTRIES} entries or ` +
        `${MAX_BYTES} bytes`,
    );
  };
  const total = layer.size;
  const report = (done: number, finished = done === total) =>
    observer.onProgress?.({ phase: "download", done, total, unit: "bytes", finished });
  const { Spool } = await import("./spool.ts");
  return await Spool.make(source, layer, count, { ...observer, onBytes: report });
}
