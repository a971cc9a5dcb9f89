/**
 * Carries an update out: stages what is made anew, moves it into place, and then removes what is not to be there.
 *
 * @module
 */

import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import type { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import type { Staging } from "../../archive/destination/staging.ts";
import type { Changed } from "../../archive/compare/finding.ts";
import { expectedFile } from "../../archive/compare/expected.ts";
import { removeExtras } from "../../archive/update/remove_extras.ts";
import { stageUpdate } from "../../archive/update/stage_update.ts";
import type { Source } from "../../store.ts";
import { fileError } from "../../system/system_error.ts";
import { placeTree } from "./place_tree.ts";
import { PullProgress } from "./progress.ts";
import type { PullRules, PullSettings } from "./settings.ts";
import type { UnpackThreads } from "./unpack_threads.ts";
import type { Update } from "./work_out.ts";

/** Where an update is carried out, and by what. */
export interface CarryOutOptions {
  settings: PullSettings;
  rules: PullRules;
  threads: UnpackThreads;
  staging: Staging;
  cursor: DirectoryCursor;
}

/** What was done. */
export interface CarriedOut {
  /** Bytes of layers that were read. */
  read: number;
  /** Files and links that were removed. */
  removed: number;
}

/**
 * Carries an update out.
 *
 * @param source where the artifact is
 * @throws {BlobberError} as `pull`
 */
export async function carryOut(
  source: Source,
  { goal, work, plan, extras }: Update,
  { settings, rules, threads, staging, cursor }: CarryOutOptions,
): Promise<CarriedOut> {
  const { pace, growth } = rules;
  const { onStep } = settings;
  let read = 0;
  if (work.added.length + work.changed.length > 0 || work.tree.directories().length > 0) {
    const files = work.files.length;
    const progress = files === 0
      ? undefined
      : new PullProgress(settings, { bytes: plan.toFetch, files });
    // What is fetched in parts is put together by this thread.
    if (plan.whole.size === 0) threads.rest();
    threads.start([...plan.whole].map(({ layer }) => layer.layer));
    await stageUpdate(source, work, plan, {
      ...settings,
      staging,
      cursor,
      root: staging.destination.dir!.atOrPath,
      growth,
      threads,
      diffIdOf: goal.diffIdOf,
      onBytes: (count) => {
        read += count;
        progress?.readMore(count);
      },
      onFiles: (count) => progress?.wrote(count),
    });
    progress?.end();
    await placeTree(staging, work.tree, { overwrite: true, pace, onStep, wholeTree: goal.tree });
    for (const one of work.modes) {
      await pace.breathe();
      setMode(cursor, one);
      onStep?.(one.path);
    }
  }
  const removed = await removeExtras(extras, { cursor, pace, onStep });
  return { read, removed };
}

/** Gives a file that stays its mode: the file that was compared, and no other that a link leads to. */
function setMode(cursor: DirectoryCursor, { path, expected }: Changed): void {
  const slash = path.lastIndexOf("/");
  const dir = cursor.at(path.slice(0, Math.max(0, slash)));
  const name = path.slice(slash + 1);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const flags = O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
    const fd = openSync(dir.entry(name), flags);
    try {
      if (fstatSync(fd).isFile()) fchmodSync(fd, expectedFile(expected).mode!);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw fileError("cannot set the mode of", dir.shown(name), cause);
  }
}
