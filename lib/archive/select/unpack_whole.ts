/**
 * Reads a whole layer, and writes what is wanted of it: all of the layer is checked, and threads unpack it.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Staging } from "../destination/staging.ts";
import type { Growth } from "../growth.ts";
import type { LayerPlan } from "../unpack/plan.ts";
import { unpackByTable, type UnpackRunner } from "../unpack/unpack_table.ts";
import type { WantedLayer } from "./content_plan.ts";

/** Where files go, by what, and what tells of it. */
export interface UnpackWholeOptions extends Observer {
  staging: Staging;
  growth: Growth;
  /** Threads that unpack. */
  threads: {
    start(layers: readonly Descriptor[]): void;
    readonly runner: UnpackRunner;
    readonly groups: number;
  };
  /** The digest of a layer's tar that the config states, if it does. */
  diffIdOf(layer: Descriptor): Digest | undefined;
  /** Called with the number of bytes of layers that came since the last call. */
  onBytes(count: number): void;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/**
 * Unpacks the files of a layer that have content.
 *
 * @param source where the layer is
 * @param wanted of it
 * @throws {BlobberError} `integrity`, `invalid-archive`, `limit`, `file-system`, and what the source throws
 */
export async function unpackWhole(
  source: Source,
  wanted: WantedLayer,
  options: UnpackWholeOptions,
): Promise<void> {
  const { staging, growth, threads, signal, onNotice, onFiles, diffIdOf } = options;
  const { layer } = wanted;
  const descriptor = layer.layer;
  threads.start([descriptor]);
  const plan = layerPlanOf(wanted);
  let read = 0;
  await unpackByTable(await source.fetch(descriptor, { signal }), layer, plan, {
    staging,
    growth,
    signal,
    onNotice,
    onFiles,
    diffId: diffIdOf(descriptor),
    runner: threads.runner,
    groups: () => threads.groups,
    onBytes: (now) => {
      options.onBytes(now - read);
      read = now;
    },
  });
}

/** The plan in which every file of a table is left out that is not wanted, and the others go to their places. */
function layerPlanOf({ layer, runs }: WantedLayer): LayerPlan {
  const plan: LayerPlan = {
    steps: [],
    files: 0,
    skipped: new Set(Array.from({ length: layer.table.length }, (_, i) => i)),
    moved: new Map(),
    hardlinks: [],
  };
  for (const { file, located: { row } } of runs.flatMap(({ files }) => files)) {
    const index = row.columns.row(row.first);
    plan.skipped.delete(index);
    plan.moved.set(index, file.entry);
    plan.files++;
  }
  return plan;
}
