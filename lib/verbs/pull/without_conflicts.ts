/**
 * What stands in the way of an update ends it. A repair leaves it where it is, with all that would go below it.
 *
 * @module
 */

import type { Finding } from "../../archive/compare/finding.ts";
import type { DirectoryCursor } from "../../archive/destination/directory_cursor.ts";
import { checkUpdate } from "../../archive/update/update_conflicts.ts";
import type { UpdateGoal } from "../../archive/update/update_work.ts";
import type { BlobberError } from "../../errors.ts";
import type { Pace } from "../../system/pace.ts";
import type { Repair } from "./settings.ts";

/**
 * What there is to do: all that was found where nothing stands in its way, or of a repair, what it takes and can put
 * right.
 *
 * @param all that a comparison with the goal found
 * @param how as `checkUpdate`; without a cursor nothing is there yet
 * @returns that, and the paths that are wrong and stay so
 * @throws {BlobberError} `conflict`, but not of a repair
 */
export async function withoutConflicts(
  all: Finding[],
  goal: UpdateGoal,
  { cursor, repair, ...how }: {
    cursor: DirectoryCursor | undefined;
    resumes: boolean;
    repair: Repair | undefined;
    pace: Pace;
  },
): Promise<{ findings: Finding[]; left: ReadonlySet<string> }> {
  if (repair === undefined) {
    if (cursor !== undefined) await checkUpdate(all, goal, { cursor, ...how });
    return { findings: all, left: new Set() };
  }
  const findings = all.filter((one) =>
    one.kind === "extra" || repair.takes(one.path, one.expected.entry.type === "directory")
  );
  const stays = new Set<string>();
  let concerned: Set<string> | undefined;
  const onConflict = (path: string, error: BlobberError) => {
    // A repository's own directory is in the way only where something in it is wrong.
    concerned ??= pathsAndAbove(findings);
    if (!concerned.has(path)) return;
    stays.add(path);
    repair.onConflict(path, error);
  };
  if (cursor !== undefined) await checkUpdate(findings, goal, { ...how, cursor, onConflict });
  const free = findings.filter(({ path }) => !withAbove(path).some((one) => stays.has(one)));
  const left = new Set(all.map(({ path }) => path));
  for (const { path } of free) left.delete(path);
  return { findings: free, left };
}

/** Paths that are wrong, and the directories above them. */
function pathsAndAbove(findings: readonly Finding[]): Set<string> {
  const found = new Set<string>();
  for (const { path, kind } of findings) {
    if (kind !== "extra") { for (const one of withAbove(path)) found.add(one); }
  }
  return found;
}

function withAbove(path: string): string[] {
  const all = [path];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    all.push(path.slice(0, at));
  }
  return all;
}
