/**
 * Pulls an image into a directory: everything is unpacked and checked in a staging directory before
 * anything of it is seen.
 *
 * @module
 */

import { allowanceFor } from "../archive/allowance.ts";
import { checkConflicts } from "../archive/destination/conflicts.ts";
import { layersOf, readLayers, tableOf } from "../archive/read/contents.ts";
import { canGroup } from "../archive/unpack/groups.ts";
import { Growth } from "../archive/growth.ts";
import type { FileLayer } from "../archive/read/layer_kind.ts";
import { tellFormat } from "../archive/read/layer_stream.ts";
import { type LayerTable, wholeTable } from "../archive/table/layer_table.ts";
import { place } from "../archive/destination/place.ts";
import { OrderedTree } from "../archive/tree/ordered_tree.ts";
import type { PlacedTree } from "../archive/tree/placed_tree.ts";
import {
  type EntryPolicy,
  type LayerPlan,
  planLayer,
  planOrdered,
  tellLeftOut,
} from "../archive/unpack/plan.ts";
import { checkLinkChains } from "../archive/links.ts";
import { Destination } from "../archive/destination/destination.ts";
import { checkResumed } from "../archive/destination/resumed.ts";
import { Staging } from "../archive/destination/staging.ts";
import { Budget, checkLimits } from "../archive/budget.ts";
import type { ParseOptions } from "../archive/table/parse_table.ts";
import { Tree } from "../archive/tree/tree.ts";
import { unpackStream } from "../archive/unpack/unpack_stream.ts";
import { type FilesPlan, planFiles, unpackFiles } from "../archive/unpack/unpack_files.ts";
import { unpackByTable } from "../archive/unpack/unpack_table.ts";
import { readDiffIds } from "../archive/unpack/diff_ids.ts";
import type { Digest } from "../digest.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import type { Holding } from "../system/held_directory.ts";
import { MAX_BYTES } from "../limits.ts";
import type { PullOptions, PullResult, UnpackLimits } from "../options.ts";
import { interruption, Pace } from "../system/pace.ts";
import { nextTurn, processors } from "../system/runtime.ts";
import type { Source } from "../store.ts";
import { streamOf } from "../system/streams.ts";
import type { Descriptor, Document, Manifest } from "../types.ts";
import { WorkerPool } from "../threads/workers.ts";

/** Threads in all: more do not pay, and each takes memory. */
const MAX_JOBS = 8;
/** Groups given to one thread at a time: while this one is at a group itself, it cannot give the next. */
const IN_FLIGHT = 3;
/** Bytes of layers from which workers are worth their start. */
const WORKERS_WORTH = 8 * 1024 * 1024;

/** Options of {@linkcode pull}: those of the client's, and what the client knows. */
export interface PullSettings extends PullOptions {
  /** Threads that work, this one among them. @default the number of processors */
  jobs?: number | undefined;
  /** As in the client's options. @default false */
  allowSharedDirectories?: boolean | undefined;
  /** Counts what bytes become. For tests of what a false statement costs. */
  growth?: Growth | undefined;
  /** Called after each step of moving into place. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
  /** How directories are held. For tests of what holds where there are no descriptors. */
  holding?: Holding | undefined;
}

/**
 * Pulls an image.
 *
 * A failure leaves the destination as it was. A kill does too, or, while things are moved into place,
 * leaves each file whole, old or new; the next run of the same pull completes it.
 *
 * @param source where it is
 * @param manifest its manifest, already checked
 * @param dir where to; made when it does not exist
 * @throws {BlobberError} `conflict`, `busy`, `integrity`, `invalid-archive`, `path-traversal`, `limit`,
 * `file-system`, and what the source throws
 */
export async function pull(
  source: Source,
  manifest: Document<Manifest>,
  dir: string,
  options: PullSettings = {},
): Promise<PullResult> {
  checkLimits(options);
  checkJobs(options.jobs);
  try {
    return await new Pull(source, manifest, options).run(dir);
  } catch (error) {
    const { signal } = options;
    throw signal?.aborted && !isBlobberError(error) ? interruption(signal) : error;
  }
}

function checkJobs(jobs: number | undefined): void {
  if (jobs === undefined || (Number.isSafeInteger(jobs) && jobs >= 0)) return;
  throw new BlobberError("invalid-option", `invalid jobs: ${jobs}, expected a whole number`);
}

/** A layer, its table where it has one, and what the table says is to be done. */
interface Layer {
  descriptor: Descriptor;
  table: LayerTable | undefined;
  plan: LayerPlan | undefined;
  diffId: Digest | undefined;
}

/** One pull. */
class Pull {
  readonly #source: Source;
  readonly #manifest: Document<Manifest>;
  readonly #options: PullSettings;
  readonly #limits: UnpackLimits;
  readonly #growth: Growth;
  /** What layers are applied to, unless the only one is a tree by itself. */
  readonly #tree: Tree;
  #placed: PlacedTree;
  readonly #policy: EntryPolicy;
  readonly #pace: Pace;
  /** Bytes of all layers. */
  readonly #total: number;
  /** Bytes of the layers before the one that is read. */
  #before = 0;
  /** Files that are there. */
  #done = 0;
  /** Layers that are files, and what there is to do for them, once all archives are known. */
  #files: FileLayer[] = [];
  #filesPlan: FilesPlan | undefined;
  #expected: number | undefined;
  /** Whether it was said that something is left out. */
  #leftOut = false;
  /** Threads beside this one, which works too. */
  #threads = 0;
  #pool = new WorkerPool(0);

  constructor(source: Source, manifest: Document<Manifest>, options: PullSettings) {
    this.#source = source;
    this.#manifest = manifest;
    this.#options = options;
    const { maxEntries, maxBytes, maxFileBytes } = options;
    const sent = manifest.value.layers.reduce((sum, { size }) => sum + size, 0);
    const allowed = allowanceFor(sent);
    this.#limits = {
      maxEntries: maxEntries ?? allowed.entries,
      maxBytes: maxBytes ?? allowed.bytes,
      maxFileBytes,
    };
    this.#growth = options.growth ?? new Growth(2 * MAX_BYTES + (maxBytes ?? 0));
    this.#total = sent;
    const { links = "refuse", special = "refuse" } = options;
    this.#policy = { links, special };
    this.#pace = new Pace(options.signal);
    this.#placed = this.#tree = new Tree(this.#limits, this.#pace);
  }

  async run(dir: string): Promise<PullResult> {
    this.#pace.check();
    const { allowSharedDirectories: allowShared, holding } = this.#options;
    const destination = Destination.find(dir, { allowShared, holding });
    try {
      return await this.#run(destination);
    } finally {
      destination.close();
      await this.#pool.close();
    }
  }

  async #run(destination: Destination): Promise<PullResult> {
    const { archives, files } = layersOf(this.#manifest);
    this.#files = files;
    const layers = await this.#layers(archives);
    const ahead = await this.#lookAhead(layers);
    const artifact = this.#manifest.descriptor.digest;
    const staging = await Staging.open(destination, artifact);
    let placed = false;
    try {
      const { overwrite = false, onStep } = this.#options;
      const policy = { overwrite, resumes: staging.resumes };
      const check = async (tree: PlacedTree) => {
        await checkLinkChains(tree.links(), this.#pace);
        if (destination.dir) await checkConflicts(destination.dir, tree, policy, this.#pace);
      };
      if (ahead !== undefined) await check(ahead);
      await this.#unpack(layers, staging);
      this.#leaveOut(this.#tree);
      if (ahead === undefined) await check(this.#tree);
      const tree = this.#placed;
      for (const path of tree.links().keys()) {
        if (this.#pace.due()) await this.#pace.breathe();
        staging.link(tree.get(path)!.entry);
      }
      this.#pace.check();
      const replaceable = await checkResumed(staging, tree, overwrite, this.#pace);
      await place(staging, tree, { overwrite, replaceable, onStep, pace: this.#pace });
      placed = true;
    } finally {
      await staging.close(placed);
    }
    return { digest: artifact, ...this.#placed.total() };
  }

  async #layers(descriptors: Descriptor[]): Promise<Layer[]> {
    const all = this.#manifest.value.layers;
    const budget = new Budget(this.#limits);
    const reading = Promise.all([
      readDiffIds(this.#source, this.#manifest.value, this.#options),
      readLayers(
        descriptors,
        this.#options,
        (layer, signal) => this.#table(layer, { signal, budget }),
      ),
    ]);
    reading.catch(() => {}); // looked at below
    await nextTurn(); // the requests go out
    this.#startThreads(descriptors);
    const [diffIds, tables] = await reading;
    return descriptors.map((descriptor, i): Layer => ({
      descriptor,
      table: tables[i],
      plan: undefined,
      diffId: diffIds?.[all.indexOf(descriptor)],
    }));
  }

  /** Opens the threads while the answers to the first requests are on their way. */
  #startThreads(layers: Descriptor[]): void {
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    const { jobs = processors() } = this.#options;
    if (bytes < WORKERS_WORTH || jobs < 2) return;
    this.#threads = Math.min(jobs, MAX_JOBS) - 1;
    this.#pool = new WorkerPool(this.#threads, IN_FLIGHT);
    this.#pool.start("unpack");
  }

  /** The whole tree before anything is downloaded, when every layer has a table that tells. */
  async #lookAhead(layers: Layer[]): Promise<PlacedTree | undefined> {
    if (layers.some(({ table }) => table === undefined)) return undefined;
    if (layers.every(({ table }) => canGroup(table!))) {
      if (layers.length === 1 && this.#files.length === 0) {
        const [layer] = layers as [Layer];
        const ordered = await OrderedTree.of(layer.table!.table, this.#limits, this.#pace);
        if (ordered !== undefined) {
          layer.plan = await planOrdered(ordered, this.#policy, this.#pace);
          this.#expected = layer.plan.files;
          return this.#placed = ordered;
        }
      }
      for (const layer of layers) layer.plan = await this.#plan(layer, this.#tree);
      this.#filesPlan = planFiles(this.#tree, this.#files, this.#policy);
      const files = this.#files.length;
      this.#expected = layers.reduce((sum, { plan }) => sum + plan!.files, files);
      return this.#leaveOut(this.#tree);
    }
    // Some layer will be read as a stream, which builds the tree as it goes: this one is for the checks.
    const tree = new Tree(this.#limits, this.#pace);
    for (const layer of layers) await this.#plan(layer, tree);
    planFiles(tree, this.#files, this.#policy);
    return this.#leaveOut(tree);
  }

  /** Takes what is never made out of a tree. It says so once, whichever tree is first. */
  #leaveOut(tree: Tree): Tree {
    if (this.#policy.special === "refuse") return tree;
    const paths = tree.dropSpecial();
    if (paths.length === 0 || this.#leftOut) return tree;
    this.#leftOut = true;
    tellLeftOut(paths, this.#options);
    return tree;
  }

  async #table(layer: Descriptor, options: ParseOptions): Promise<LayerTable | undefined> {
    return await tableOf(this.#source, layer, wholeTable, { ...options, withNode: true });
  }

  async #plan(layer: Layer, tree: Tree): Promise<LayerPlan> {
    tree.nextLayer();
    return await planLayer(tree, layer.table!.table, this.#policy, this.#pace);
  }

  async #unpack(layers: Layer[], staging: Staging): Promise<void> {
    // That it is a pull, and no mere download, is known from the first byte on.
    this.#report("unpack", this.#done, this.#expected, "entries", false);
    for (const layer of layers) {
      await this.#unpackLayer(layer, staging);
      this.#before += layer.descriptor.size;
    }
    await this.#unpackFiles(staging);
    this.#report("download", this.#total, this.#total, "bytes", true);
    this.#report("unpack", this.#done, this.#done, "entries", true);
  }

  async #unpackFiles(staging: Staging): Promise<void> {
    const plan = this.#filesPlan ?? planFiles(this.#tree, this.#files, this.#policy);
    await unpackFiles(this.#source, plan, {
      staging,
      signal: this.#options.signal,
      onBytes: (count) =>
        this.#report("download", this.#before += count, this.#total, "bytes", false),
      onFiles: this.#onFiles,
    });
  }

  readonly #onFiles = (count: number): void =>
    this.#report("unpack", this.#done += count, this.#expected, "entries", false);

  async #unpackLayer(layer: Layer, staging: Staging): Promise<void> {
    const { signal } = this.#options;
    const { descriptor, table, diffId } = layer;
    const known = table?.tail.start === 0 ? table.tail.bytes : undefined;
    const open = async () =>
      known !== undefined ? streamOf(known) : await this.#source.fetch(descriptor, { signal });
    const onBytes = (read: number) =>
      this.#report("download", this.#before + read, this.#total, "bytes", false);
    const onFiles = this.#onFiles;
    if (table !== undefined && canGroup(table)) {
      tellFormat(table.footer.format, descriptor, this.#options);
      const plan = layer.plan ?? await this.#plan(layer, this.#tree);
      const opening = open();
      opening.catch(() => {}); // looked at below
      try {
        await this.#prepare(plan, staging); // while the answer is on its way
      } catch (error) {
        await opening.then((stream) => stream.cancel(error)).catch(() => {});
        throw error;
      }
      const groups = this.#threads === 0 ? 1 : 2 * this.#threads + 4;
      const { onNotice } = this.#options;
      const growth = this.#growth;
      const how = {
        growth,
        staging,
        runner: this.#pool,
        groups,
        diffId,
        signal,
        onNotice,
        onBytes,
        onFiles,
      };
      await unpackByTable(await opening, table, plan, how);
      for (const entry of plan.hardlinks) {
        staging.hardlink(entry);
        await this.#pace.breathe();
      }
      return;
    }
    this.#tree.nextLayer();
    await this.#stream(layer, staging, await open(), { onBytes, onFiles });
  }

  async #prepare(plan: LayerPlan, staging: Staging): Promise<void> {
    for (const step of plan.steps) {
      if (step.do === "remove") staging.remove(step.path);
      else if (step.do === "directory") staging.directory(step.path, step.mode);
      else staging.hardlink(step.entry);
      await this.#pace.breathe();
    }
  }

  async #stream(
    layer: Layer,
    staging: Staging,
    stream: ReadableStream<Uint8Array>,
    on: { onBytes(read: number): void; onFiles(count: number): void },
  ): Promise<void> {
    await unpackStream(stream, layer.descriptor, {
      ...this.#options,
      ...on,
      staging,
      tree: this.#tree,
      policy: this.#policy,
      diffId: layer.diffId,
      pace: this.#pace,
      growth: this.#growth,
      table: layer.table?.table,
    });
  }

  #report(
    phase: "download" | "unpack",
    done: number,
    total: number | undefined,
    unit: "bytes" | "entries",
    finished: boolean,
  ): void {
    this.#options.onProgress?.({ phase, done, total, unit, finished });
  }
}
