/**
 * The entries of an image of several layers, or of one whose table is no tree by itself: each layer applied
 * to those below it. Few images need this, so it is loaded when one does.
 *
 * @module
 */

import { allowanceFor } from "../allowance.ts";
import { Budget } from "../budget.ts";
import { Growth } from "../growth.ts";
import type { LayerTable } from "../table/layer_table.ts";
import { isFormatsOwn } from "../toc.ts";
import { Tree } from "../tree/tree.ts";
import { notify, type Observer, reportPart } from "../../events.ts";
import {
  MAX_BYTES,
  MAX_KEPT_FILES,
  MAX_KEPT_IN_MEMORY_BYTES,
  MAX_KEPT_ON_DISK_BYTES,
  MAX_LISTED_ENTRIES,
  SURPRISING_DOWNLOAD_BYTES,
} from "../../limits.ts";
import { Pace } from "../../system/pace.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { type Content, type Contents, type ContentsOptions, tableContent } from "./content.ts";
import { applyFile, type Layers } from "./layer_kind.ts";
import { type Kept, KeptFiles } from "./kept_files.ts";
import type { Spool } from "./spool.ts";

/**
 * Builds the tree, and reads the whole of archives that have no table.
 *
 * @param source where the image is
 * @param layers its layers
 * @param tables of each archive, where it has one
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `file-system`
 */
export async function readTree(
  source: Source,
  { archives, files }: Layers,
  tables: (LayerTable | undefined)[],
  options: ContentsOptions,
): Promise<Contents> {
  const { signal, maxEntries = MAX_LISTED_ENTRIES } = options;
  const sent = archives.reduce((sum, { size }) => sum + size, 0);
  const { maxBytes = allowanceFor(sent).bytes } = options;
  // What the layers' sizes are is a claim until they have come.
  const growth = new Growth(2 * MAX_BYTES + (options.maxBytes ?? 0));
  const pace = new Pace(signal);
  const tree = new Tree<Content>({ maxEntries, maxBytes: Infinity, maxFileBytes: Infinity }, pace);
  const unpacked = new Budget({ maxEntries, maxBytes, maxFileBytes: Infinity });
  const spools: Spool[] = [];
  const whole = new WholeDownloads(archives.filter((_, i) => tables[i] === undefined), options);
  const kept: Kept = {
    inMemory: new KeptFiles(MAX_KEPT_IN_MEMORY_BYTES, MAX_KEPT_FILES),
    onDisk: new KeptFiles(MAX_KEPT_ON_DISK_BYTES, MAX_KEPT_FILES),
  };
  const close = () => [...spools, kept.inMemory, kept.onDisk].forEach((one) => one.close());
  try {
    for (const [i, layer] of archives.entries()) {
      const table = tables[i];
      tree.nextLayer();
      if (table !== undefined) {
        for (const row of table.table.names.keys()) {
          if (pace.due()) await pace.breathe();
          const located = table.table.locate(row);
          const { entry } = located.row;
          if (!isFormatsOwn(entry.path)) tree.apply(entry, tableContent(table, located));
        }
        continue;
      }
      const spool = await spoolOf(source, layer, {
        ...options,
        budget: unpacked,
        growth,
        kept: kept.onDisk,
        whole,
      });
      spools.push(spool);
      for (const at of spool.entries) {
        if (pace.due()) await pace.breathe();
        tree.apply(at.entry, { kind: "spool", spool, at });
      }
    }
    tree.nextLayer();
    for (const file of files) applyFile(tree, file, { kind: "layer", layer: file.layer, kept });
  } catch (error) {
    close();
    throw error;
  }
  return { listing: tree, root: tree.root, close };
}

async function spoolOf(
  source: Source,
  layer: Descriptor,
  options: ContentsOptions & {
    budget: Budget;
    growth: Growth;
    kept: KeptFiles;
    whole: WholeDownloads;
  },
): Promise<Spool> {
  notify(options, {
    level: layer.size > SURPRISING_DOWNLOAD_BYTES ? "warning" : "debug",
    code: "whole-download",
    message: `no table of contents of the layer ${layer.digest} can be read alone, so all of its ` +
      `${layer.size} bytes are downloaded`,
  });
  const { whole } = options;
  const onBytes = (read: number) => whole.read(read);
  const { Spool } = await import("./spool.ts");
  const { diffIdOf, keeps = !options.namesOnly } = options;
  const how = { ...options, onBytes, keep: keeps, diffId: diffIdOf?.(layer) };
  const spool = await Spool.make(source, layer, how);
  whole.readAll(layer);
  return spool;
}

/** Counts what is downloaded of layers without a table. */
class WholeDownloads {
  readonly #observer: Observer;
  readonly #total: number;
  /** Bytes of the layers that are there. */
  #before = 0;

  constructor(layers: readonly Descriptor[], observer: Observer) {
    this.#observer = observer;
    this.#total = layers.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes of the layer that is being read so far. */
  read(bytes: number): void {
    const [done, total] = [this.#before + bytes, this.#total];
    const finished = done === total;
    const how = { part: "layers", unit: "bytes", finished } as const;
    reportPart(this.#observer, { phase: "download", done, total, ...how });
  }

  /** A layer is there. */
  readAll({ size }: Descriptor): void {
    this.#before += size;
  }
}
