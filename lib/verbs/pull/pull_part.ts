/**
 * A pull of a part of an artifact, or to paths that are shorter than the artifact's: as the pull of a whole one,
 * in a staging directory, and seen when all of it has been checked.
 *
 * @module
 */

import type { Destination } from "../../archive/destination/destination.ts";
import { Staging } from "../../archive/destination/staging.ts";
import { isWorthWhole } from "../../archive/select/content_plan.ts";
import { unpackSelection } from "../../archive/select/unpack_selection.ts";
import type { PullResult } from "../../results.ts";
import type { Source } from "../../store.ts";
import { Traffic } from "../../stores/cache/traffic.ts";
import type { Document, Manifest } from "../../types.ts";
import { type Choice, choose } from "./choose.ts";
import { checkTree, placeTree } from "./place_tree.ts";
import { PullProgress } from "./progress.ts";
import { allAdded, type PullRules, type PullSettings } from "./settings.ts";
import type { UnpackThreads } from "./unpack_threads.ts";

/** What is pulled, and by what. */
export interface PartOptions {
  settings: PullSettings;
  rules: PullRules;
  threads: UnpackThreads;
}

/**
 * Pulls a part.
 *
 * @param source where the artifact is
 * @param manifest its manifest, checked
 * @param destination where the part goes
 * @throws {BlobberError} as `pull`; `not-found` where nothing is taken, `conflict` for two entries of one path
 */
export async function pullPart(
  source: Source,
  manifest: Document<Manifest>,
  destination: Destination,
  options: PartOptions,
): Promise<PullResult> {
  const choice = await choose(source, manifest, options.settings, options.rules);
  try {
    const read = await putInPlace(source, manifest, destination, { ...options, choice });
    const { digest } = manifest.descriptor;
    const { traffic = new Traffic() } = options.settings;
    const { tree } = choice.selection;
    const total = { ...tree.total(), changes: allAdded(tree) };
    return { digest, ...total, ...traffic.of(manifest.value.layers, choice.read + read) };
  } finally {
    choice.close();
  }
}

/** @returns bytes of layers that were read */
async function putInPlace(
  source: Source,
  { descriptor: { digest } }: Document<Manifest>,
  destination: Destination,
  { settings, rules, threads, choice }: PartOptions & { choice: Choice },
): Promise<number> {
  const { selection, plan, diffIdOf } = choice;
  const { overwrite = false, onStep } = settings;
  const placing = { overwrite, onStep, pace: rules.pace };
  const staging = await Staging.open(destination, digest);
  let isPlaced = false;
  try {
    await checkTree(selection.tree, staging, placing);
    const whole = plan.layers.filter(isWorthWhole).map(({ layer }) => layer.layer);
    const progress = new PullProgress(settings, {
      bytes: choice.toRead,
      files: selection.entries.filter(({ entry }) => entry.type === "file").length,
    });
    let read = 0;
    threads.start(whole);
    await unpackSelection(source, selection, plan, {
      ...settings,
      staging,
      diffIdOf,
      threads,
      growth: rules.growth,
      onBytes: (count) => {
        read += count;
        progress.readMore(count);
      },
      onFiles: (count) => progress.wrote(count),
    });
    progress.end();
    await placeTree(staging, selection.tree, placing);
    isPlaced = true;
    return read;
  } finally {
    await staging.close(isPlaced);
  }
}
