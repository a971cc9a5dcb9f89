/**
 * Works an update out: how the destination differs, whether anything is in the way, and from where everything comes.
 * Nothing is fetched or written.
 *
 * @module
 */

import { compareDirectory } from "../../archive/compare/compare.ts";
import { knownParts } from "../../archive/compare/expected.ts";
import type { Comparison, Expected, Extra } from "../../archive/compare/finding.ts";
import type { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import { LocalSources } from "../../archive/update/local_sources.ts";
import { extrasFor } from "../../archive/update/remove_extras.ts";
import { planUpdate, type UpdatePlan } from "../../archive/update/update_plan.ts";
import { type UpdateWork, updateWork } from "../../archive/update/update_work.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { NameFolding } from "../../system/platform.ts";
import { checkNames } from "./place_tree.ts";
import type { PullRules, PullSettings } from "./settings.ts";
import type { TrustedFiles } from "./trusted_files.ts";
import type { UnpackThreads } from "./unpack_threads.ts";
import type { OpenGoal } from "./update_goal.ts";
import { withoutConflicts } from "./without_conflicts.ts";

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

/** Where an update goes. */
export interface UpdatePlace {
  cursor: DirectoryCursor | undefined;
  dir: HeldDirectory | undefined;
  folds: NameFolding;
  resumes: boolean;
  trusted?: TrustedFiles | undefined;
}

/**
 * Works an update out.
 *
 * @param goal what the destination is to become
 * @param where it is
 * @throws {BlobberError} `conflict`, `path-traversal`, `file-system`, `limit`, `interrupted`
 */
export async function workOut(
  goal: OpenGoal,
  where: UpdatePlace,
  options: UpdateOptions,
): Promise<Update> {
  const { settings, rules: { pace }, threads } = options;
  const { cursor, dir, folds, resumes, trusted } = where;
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
      extras: extrasFor(settings.delete ? "removal" : "content"),
      trusted: trusted && ((expected, parts) => trusted.trusted(expected, parts)),
      onRight(expected, stat) {
        right.push(expected);
        trusted?.note(expected, knownParts(expected), stat);
      },
    },
  );
  const { findings, left } = await withoutConflicts(comparison.findings, goal, {
    ...{ cursor, resumes, pace },
    repair: settings.repair,
  });
  const work = await updateWork(findings, goal, { pace, left });
  const sources = await sourcesOf(work.files, { dir, right, findings }, options);
  const plan = planUpdate(work.files, goal.tables, sources && ((hex) => sources.get(hex)));
  const extras = settings.delete ? findings.filter((one) => one.kind === "extra") : [];
  return { goal, comparison, work, plan, extras, cursor };
}

/** What of the content that is needed is on the disk, where anything is there. */
async function sourcesOf(
  needed: UpdateWork["files"],
  { dir, right, findings }: {
    dir: HeldDirectory | undefined;
    right: readonly Expected[];
    findings: Comparison["findings"];
  },
  { rules: { pace }, threads }: UpdateOptions,
): Promise<LocalSources | undefined> {
  const isThere = right.length > 0 ||
    findings.some((one) => one.kind !== "missing" && one.found.type === "file");
  if (dir === undefined || needed.length === 0 || !isThere) return undefined;
  const sources = new LocalSources(needed);
  await sources.lookAtRight(right, pace);
  await sources.lookInto(findings, { root: dir.atOrPath, threads: threads.runner, pace });
  return sources;
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
