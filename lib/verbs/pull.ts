/**
 * The verb `pull`: everything is unpacked and checked in a staging directory before anything of it is seen.
 *
 * @module
 */

import { Destination } from "../archive/destination/destination.ts";
import { Staging } from "../archive/destination/staging.ts";
import { interruption, isBlobberError } from "../errors.ts";
import type { PullResult } from "../results.ts";
import type { Source } from "../store.ts";
import type { Document, Manifest } from "../types.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import { bytesRead, openLayers } from "./pull/open_layers.ts";
import { checkTree, placeTree } from "./pull/place_tree.ts";
import { planPull } from "./pull/plan_pull.ts";
import {
  allAdded,
  isPart,
  isUpdate,
  type PullRules,
  type PullSettings,
  rulesOf,
} from "./pull/settings.ts";
import { unpackLayers } from "./pull/unpack_layers.ts";
import { UnpackThreads } from "./pull/unpack_threads.ts";

export type { PullSettings } from "./pull/settings.ts";

/**
 * Pulls an artifact into a directory.
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
  settings: PullSettings = {},
): Promise<PullResult> {
  const { signal, allowSharedDirectories: allowShared, holding } = settings;
  const rules = rulesOf(manifest.value, settings);
  const threads = new UnpackThreads(settings.threads);
  let destination: Destination | undefined;
  try {
    rules.pace.check();
    destination = Destination.find(dir, { allowShared, holding });
    if (isUpdate(settings, destination)) {
      const { pullUpdate } = await import("./pull/pull_update.ts");
      return await pullUpdate(source, manifest, destination, { settings, rules, threads });
    }
    if (isPart(settings)) {
      const { pullPart } = await import("./pull/pull_part.ts");
      return await pullPart(source, manifest, destination, { settings, rules, threads });
    }
    return await pullInto(destination, { source, manifest, settings, rules, threads });
  } catch (error) {
    throw signal?.aborted && !isBlobberError(error) ? interruption(signal) : error;
  } finally {
    destination?.close();
  }
}

/** What is pulled, from where, and by what. */
interface Pull {
  source: Source;
  manifest: Document<Manifest>;
  settings: PullSettings;
  rules: PullRules;
  threads: UnpackThreads;
}

/** The steps in their order: each takes what the steps before it returned. */
async function pullInto(destination: Destination, pull: Pull): Promise<PullResult> {
  const { source, manifest, settings, rules, threads } = pull;
  const { signal, overwrite = false, onStep } = settings;
  const { limits, pace } = rules;
  const { digest } = manifest.descriptor;
  const placing = { overwrite, onStep, pace };

  const layers = await openLayers(source, manifest, {
    limits,
    signal,
    meanwhile: (archives) => threads.start(archives),
  });
  settings.onOpen?.(layers.archives);
  const plan = await planPull(layers, rules, settings);
  const staging = await Staging.open(destination, digest);
  let isPlaced = false;
  try {
    if (plan.tree !== undefined) await checkTree(plan.tree, staging, placing);
    const unpacking = { source, staging, threads, rules, observer: settings };
    const tree = await unpackLayers(plan, unpacking);
    if (plan.tree === undefined) await checkTree(tree, staging, placing);
    await placeTree(staging, tree, placing);
    isPlaced = true;
    const { traffic = new Traffic() } = settings;
    const read = bytesRead(layers);
    return {
      digest,
      ...tree.total(),
      changes: allAdded(tree),
      ...traffic.of(manifest.value.layers, read),
    };
  } finally {
    await staging.close(isPlaced);
  }
}
