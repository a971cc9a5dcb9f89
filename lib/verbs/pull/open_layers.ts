/**
 * The first step of a pull: the tables of the layers, and what the config says of them.
 *
 * @module
 */

import { Budget } from "../../archive/budget.ts";
import { type Layers, layersOf } from "../../archive/read/layer_kind.ts";
import { findLayerTables } from "../../archive/read/layer_tables.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { ParseOptions } from "../../archive/table/parse_table.ts";
import { readDiffIds } from "../../archive/unpack/diff_ids.ts";
import type { Digest } from "../../digest.ts";
import type { CallOptions, Source } from "../../store.ts";
import { nextTurn } from "../../system/runtime.ts";
import type { Descriptor, Document, Manifest } from "../../types.ts";
import type { PullRules } from "./settings.ts";

/** A layer that is an archive. */
export interface OpenLayer {
  readonly descriptor: Descriptor;
  /** Its table, where it has one that can be read alone. */
  readonly table: LayerTable | undefined;
  /** The digest of its tar that the config states, if it does. */
  readonly diffId: Digest | undefined;
}

/** The layers of an artifact, with what is known of them before they are downloaded. */
export interface OpenLayers {
  /** Lowest first. */
  readonly archives: readonly OpenLayer[];
  /** Layers that are files. */
  readonly files: Layers["files"];
}

/** How to open layers. */
export interface OpenLayersOptions extends CallOptions {
  limits: PullRules["limits"];
  /** As in `ParseOptions`. */
  tableStart?: ParseOptions["tableStart"];
  /** Called with the archives when the requests are out, to use the time until they are answered. */
  meanwhile(archives: readonly Descriptor[]): void;
}

/**
 * Opens the layers of a manifest.
 *
 * @param source where they are
 * @param manifest checked
 * @throws {BlobberError} `invalid-manifest`, `integrity`, `invalid-archive`, `path-traversal`, `limit`, and
 * what the source throws
 */
export async function openLayers(
  source: Source,
  manifest: Document<Manifest>,
  { limits, tableStart, signal, meanwhile }: OpenLayersOptions,
): Promise<OpenLayers> {
  const { archives, files } = layersOf(manifest);
  const budget = new Budget(limits);
  const reading = Promise.all([
    readDiffIds(source, manifest.value, { signal }),
    findLayerTables(source, archives, { signal, budget, tableStart, withNode: true }),
  ]);
  reading.catch(() => {}); // looked at below
  await nextTurn(); // the requests go out
  meanwhile(archives);
  const [diffIds, tables] = await reading;
  const all = manifest.value.layers;
  return {
    files,
    archives: archives.map((descriptor, i) => ({
      descriptor,
      table: tables[i],
      diffId: diffIds?.[all.indexOf(descriptor)],
    })),
  };
}

/** Bytes of layers that a pull has read in all: the ends that hold the tables, and then everything. */
export function bytesRead({ archives, files }: OpenLayers): number {
  let bytes = files.reduce((sum, { layer }) => sum + layer.size, 0);
  for (const { descriptor, table } of archives) {
    bytes += table?.tail.bytes.length ?? 0;
    if (table?.tail.start !== 0) bytes += descriptor.size; // else all of it was in memory
  }
  return bytes;
}
