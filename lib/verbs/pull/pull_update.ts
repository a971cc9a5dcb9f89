/**
 * A pull into a directory that holds some of it already: what is right there stays as it is, and of the rest only
 * what is not on the disk is fetched. As any pull it is staged, checked, and seen when all of it is right.
 *
 * @module
 */

import type { Destination } from "../../archive/destination/destination.ts";
import { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import { Staging } from "../../archive/destination/staging.ts";
import { checkMayRemove } from "../../archive/update/may_remove.ts";
import type { PullChanges, PullPreview, PullResult } from "../../results.ts";
import type { Source } from "../../store.ts";
import { Traffic } from "../../stores/cache/traffic.ts";
import { platform } from "../../system/platform.ts";
import type { Document, Manifest } from "../../types.ts";
import { carryOut } from "./carry_out.ts";
import { TrustedFiles } from "./trusted_files.ts";
import { openGoal } from "./update_goal.ts";
import { type Update, type UpdateOptions, workOut } from "./work_out.ts";

/**
 * Pulls an update, or tells what one would do.
 *
 * @param source where the artifact is
 * @param manifest its manifest, checked
 * @param destination where it goes
 * @throws {BlobberError} as `pull`; `usage` for a destination in which nothing may be removed
 */
export async function pullUpdate(
  source: Source,
  manifest: Document<Manifest>,
  destination: Destination,
  options: UpdateOptions,
): Promise<PullResult> {
  const { settings, rules, threads } = options;
  const { digest } = manifest.descriptor;
  const { dir } = destination;
  if (settings.delete && dir !== undefined) checkMayRemove(dir);
  const meanwhile = () => threads.open("compare");
  const goal = await openGoal(source, manifest, { settings, rules, meanwhile });
  const { traffic = new Traffic() } = settings;
  const resultOf = (changes: PullChanges, read: number, preview?: PullPreview): PullResult => ({
    digest,
    ...goal.tree.total(),
    ...traffic.of(manifest.value.layers, goal.read + read),
    changes,
    ...preview !== undefined && { preview },
  });
  const cursor = dir && new DirectoryCursor(dir);
  try {
    if (settings.dryRun) {
      const { folds } = platform();
      const update = await workOut(goal, { cursor, dir, folds, resumes: false }, options);
      return resultOf(changesOf(update), 0, previewOf(update));
    }
    const staging = await Staging.open(destination, digest);
    let isPlaced = false;
    try {
      const { folds, resumes } = staging;
      const trusted = settings.state && new TrustedFiles(settings.state, dir!);
      const where = { cursor, dir, folds, resumes, trusted };
      const update = await workOut(goal, where, options);
      const done = await carryOut(source, update, { ...options, staging, cursor: cursor! });
      isPlaced = true;
      trusted?.save();
      return resultOf({ ...changesOf(update), removed: done.removed }, done.read);
    } finally {
      await staging.close(isPlaced);
    }
  } finally {
    cursor?.close();
    goal.close();
  }
}

function changesOf({ comparison: { same }, work, extras }: Update): PullChanges {
  return {
    added: work.added.length,
    changed: work.changed.length,
    unchanged: same.files + same.links,
    removed: extras.filter(({ found }) => found.type !== "directory").length,
  };
}

function previewOf({ work, plan, extras }: Update): PullPreview {
  return {
    added: work.added,
    changed: work.changed,
    removed: extras.map(({ path, found }) => found.type === "directory" ? `${path}/` : path),
    toFetch: plan.toFetch,
  };
}
