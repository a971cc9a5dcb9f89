/**
 * A pull into a directory that holds some of it already: what is right there stays as it is, and of the rest only
 * what is not on the disk is fetched. As any pull it is staged, checked, and seen when all of it is right.
 *
 * @module
 */

import { compareDirectory, type CompareOptions } from "../../archive/compare/compare.ts";
import { knownParts } from "../../archive/compare/expected.ts";
import type { Comparison, Expected, Extra } from "../../archive/compare/finding.ts";
import type { Destination } from "../../archive/destination/destination.ts";
import { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import { isClaimName } from "../../archive/destination/claims.ts";
import { Staging } from "../../archive/destination/staging.ts";
import { LocalSources } from "../../archive/update/local_sources.ts";
import { checkMayRemove } from "../../archive/update/may_remove.ts";
import { isKept } from "../../archive/update/remove_extras.ts";
import { checkUpdate } from "../../archive/update/update_conflicts.ts";
import { planUpdate, type UpdatePlan } from "../../archive/update/update_plan.ts";
import { type UpdateWork, updateWork } from "../../archive/update/update_work.ts";
import type { PullChanges, PullPreview, PullResult } from "../../results.ts";
import type { Source } from "../../store.ts";
import { Traffic } from "../../stores/cache/traffic.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import { type NameFolding, platform } from "../../system/platform.ts";
import type { Document, Manifest } from "../../types.ts";
import type { PullRules, PullSettings } from "./settings.ts";
import { TrustedFiles } from "./trusted_files.ts";
import type { UnpackThreads } from "./unpack_threads.ts";
import { type OpenGoal, openGoal } from "./update_goal.ts";

/** What is pulled, and by what. */
export interface UpdateOptions {
  settings: PullSettings;
  rules: PullRules;
  threads: UnpackThreads;
}

/** An update that was worked out. */
export interface Update {
  goal: OpenGoal;
  comparison: Comparison;
  work: UpdateWork;
  plan: UpdatePlan;
  /** What is removed; parents before children. */
  extras: Extra[];
  /** Goes through the destination; nothing where there is none yet. */
  cursor: DirectoryCursor | undefined;
}

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
      const { carryOut } = await import("./carry_out.ts");
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

/** Where an update goes. */
interface Where {
  cursor: DirectoryCursor | undefined;
  dir: HeldDirectory | undefined;
  folds: NameFolding;
  resumes: boolean;
  trusted?: TrustedFiles | undefined;
}

/** Compares, looks for conflicts, and finds from where everything comes. Nothing is fetched or written. */
async function workOut(goal: OpenGoal, where: Where, options: UpdateOptions): Promise<Update> {
  const { settings, rules: { pace }, threads } = options;
  const { cursor, dir, folds, resumes, trusted } = where;
  const { checkNames } = await import("./place_tree.ts");
  await checkNames(goal.tree, folds, pace);
  const right: Expected[] = [];
  const comparison = dir === undefined ? await nothingThere(goal) : await compareDirectory(
    dir,
    inOne(goal.entries),
    {
      ...settings,
      threads: threads.runner,
      cursor,
      folds,
      anySize: true,
      unreadable: "differs",
      extras: extrasOf(settings),
      trusted: trusted && ((expected, parts) => trusted.trusted(expected, parts)),
      onRight(expected, stat) {
        right.push(expected);
        trusted?.note(expected, knownParts(expected), stat);
      },
    },
  );
  const { findings } = comparison;
  if (cursor !== undefined) await checkUpdate(findings, goal, { cursor, resumes, pace });
  const work = await updateWork(findings, goal, pace);
  const sources = new LocalSources(work.files);
  if (dir !== undefined && work.files.length > 0) {
    await sources.lookAtRight(right, pace);
    const root = dir.atOrPath;
    await sources.lookInto(findings, { root, threads: threads.runner, pace });
  }
  const plan = planUpdate(work.files, goal.tables, (hex) => sources.get(hex));
  const extras = settings.delete ? findings.filter((one) => one.kind === "extra") : [];
  return { goal, comparison, work, plan, extras, cursor };
}

/** What is looked for beside what is expected: to be removed, or as a source of content. */
function extrasOf(settings: PullSettings): CompareOptions["extras"] {
  const isOwn = (path: string) => !path.includes("/") && isClaimName(path);
  return {
    passes: (path) => isOwn(path) || isKept(path),
    where: "one-file-system",
    when: settings.delete ? "always" : "content-is-missing",
  };
}

async function* inOne<T>(all: T): AsyncGenerator<T, void> {
  yield await Promise.resolve(all);
}

/** The comparison with a destination that does not exist. */
// deno-lint-ignore require-await -- as the other
async function nothingThere({ entries }: OpenGoal): Promise<Comparison> {
  return {
    findings: entries.map((expected) => ({
      kind: "missing",
      path: expected.entry.path,
      expected,
    })),
    same: { files: 0, directories: 0, links: 0, bytes: 0 },
  };
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
