/**
 * The third step of a pull: downloads the layers, checks them, and unpacks them into the staging directory.
 *
 * @module
 */

import type { Staging } from "../../archive/destination/staging.ts";
import { tellFormat } from "../../archive/read/layer_stream.ts";
import type { PlacedTree } from "../../archive/tree/placed_tree.ts";
import { Tree } from "../../archive/tree/tree.ts";
import { type LayerPlan, leaveOut, planLayer } from "../../archive/unpack/plan.ts";
import { type FilesPlan, planFiles, unpackFiles } from "../../archive/unpack/unpack_files.ts";
import { unpackStream } from "../../archive/unpack/unpack_stream.ts";
import { unpackByTable } from "../../archive/unpack/unpack_table.ts";
import type { Observer } from "../../events.ts";
import type { Source } from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import type { OpenLayer } from "./open_layers.ts";
import {
  isByTable,
  type PullPlan,
  type StreamPlan,
  type TabledLayer,
  type TablePlan,
} from "./plan_pull.ts";
import { PullProgress } from "./progress.ts";
import type { PullRules } from "./settings.ts";
import type { UnpackThreads } from "./unpack_threads.ts";

/** Where layers are unpacked, by what, and how. */
export interface UnpackLayersOptions {
  source: Source;
  staging: Staging;
  threads: UnpackThreads;
  rules: PullRules;
  observer: Observer;
}

type Unpacking = UnpackLayersOptions & { progress: PullProgress };

/**
 * Unpacks what was planned. When it has returned every byte of every layer is checked.
 *
 * @param plan what is to be done
 * @returns what is in the staging directory, but for symbolic links
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `conflict`, `file-system`,
 * and what the source throws
 */
export async function unpackLayers(
  plan: PullPlan,
  options: UnpackLayersOptions,
): Promise<PlacedTree> {
  const files = plan.kind === "table" ? plan.expected : undefined;
  const progress = new PullProgress(options.observer, { bytes: options.rules.sent, files });
  const how = { ...options, progress };
  const tree = plan.kind === "table"
    ? await unpackByTables(plan, how)
    : await unpackAsTheyCome(plan, how);
  progress.end();
  return tree;
}

async function unpackByTables(plan: TablePlan, options: Unpacking): Promise<PlacedTree> {
  for (const { layer, plan: steps } of plan.layers) {
    await unpackTabledLayer(layer, steps, options);
    options.progress.readAll(layer.descriptor.size);
  }
  await downloadFiles(plan.files, options);
  return plan.tree;
}

/** Builds the tree of the layers while they are read. */
async function unpackAsTheyCome(plan: StreamPlan, options: Unpacking): Promise<PlacedTree> {
  const { rules, progress, observer } = options;
  const { limits, policy, pace } = rules;
  const tree = new Tree(limits, pace);
  for (const layer of plan.layers) {
    tree.nextLayer();
    if (isByTable(layer)) {
      const steps = await planLayer(tree, layer.table.table, policy, pace);
      await unpackTabledLayer(layer, steps, options);
    } else {
      await unpackStreamedLayer(layer, tree, options);
    }
    progress.readAll(layer.descriptor.size);
  }
  await downloadFiles(planFiles(tree, plan.files, policy), options);
  // What is left out was told already where it was known before.
  leaveOut(tree, policy, plan.tree === undefined ? observer : undefined);
  return tree;
}

async function unpackTabledLayer(
  layer: TabledLayer,
  plan: LayerPlan,
  options: Unpacking,
): Promise<void> {
  const { staging, threads, rules, progress, observer } = options;
  const { descriptor, table, diffId } = layer;
  const { pace, growth } = rules;
  tellFormat(table.footer.format, descriptor, observer);
  const opening = openStream(layer, options);
  opening.catch(() => {}); // looked at below
  try {
    await makeReady(plan, options); // while the answer is on its way
  } catch (error) {
    await opening.then((stream) => stream.cancel(error)).catch(() => {});
    throw error;
  }
  await unpackByTable(await opening, table, plan, {
    staging,
    growth,
    diffId,
    runner: threads.runner,
    groups: () => threads.groups,
    signal: observer.signal,
    onNotice: observer.onNotice,
    onBytes: (read) => progress.read(read),
    onFiles: (count) => progress.wrote(count),
  });
  for (const entry of plan.hardlinks) {
    staging.hardlink(entry);
    await pace.breathe();
  }
}

/** Does what comes before files are written. */
async function makeReady(
  plan: LayerPlan,
  { staging, rules }: Unpacking,
): Promise<void> {
  for (const step of plan.steps) {
    if (step.do === "remove") staging.remove(step.path);
    else if (step.do === "directory") staging.directory(step.path, step.mode);
    else staging.hardlink(step.entry);
    await rules.pace.breathe();
  }
}

async function unpackStreamedLayer(
  layer: OpenLayer,
  tree: Tree,
  options: Unpacking,
): Promise<void> {
  const { staging, rules, progress, observer } = options;
  const { policy, pace, growth } = rules;
  await unpackStream(await openStream(layer, options), layer.descriptor, {
    ...observer,
    staging,
    tree,
    policy,
    pace,
    growth,
    diffId: layer.diffId,
    table: layer.table?.table,
    onBytes: (read) => progress.read(read),
    onFiles: (count) => progress.wrote(count),
  });
}

async function downloadFiles(plan: FilesPlan, options: Unpacking): Promise<void> {
  const { source, staging, observer, progress } = options;
  await unpackFiles(source, plan, {
    staging,
    signal: observer.signal,
    onBytes: (count) => progress.readMore(count),
    onFiles: (count) => progress.wrote(count),
  });
}

/** The bytes of a layer: those in memory, where reading its table brought all of them. */
async function openStream(
  { descriptor, table }: OpenLayer,
  { source, observer }: UnpackLayersOptions,
): Promise<ReadableStream<Uint8Array>> {
  if (table?.tail.start === 0) return streamOf(table.tail.bytes);
  return await source.fetch(descriptor, { signal: observer.signal });
}
