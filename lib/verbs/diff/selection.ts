/**
 * Which paths of two sides are compared, where a caller names some.
 *
 * @module
 */

import { nearestPath } from "../../archive/tree/nearest_path.ts";
import { BlobberError } from "../../errors.ts";
import type { CallOptions } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import { printable, quote } from "../../text/printable.ts";
import { mayBeGlob, parseGlob } from "../image/path_glob.ts";
import { normal } from "../image/paths.ts";
import type { Side } from "./side.ts";

/** Tells whether a path is compared. */
export type Wanted = (path: string) => boolean;

/**
 * What paths select: each the entry that it names on either side, or those that it stands for as a glob, with all
 * that is below them. Links are not followed: what is compared are the links.
 *
 * @param paths as they were written
 * @throws {BlobberError} `not-found` when one of them is on neither side
 */
export async function selectionOf(
  paths: readonly string[],
  sides: readonly [before: Side, after: Side],
  { signal }: CallOptions,
): Promise<Wanted> {
  const roots = new Set<string>();
  const pace = new Pace(signal);
  for (const path of paths) {
    const wanted = normal(path);
    if (wanted === "") return () => true;
    const directoriesOnly = /\/\.?$/.test(path);
    let found = sides.some(({ entries }) => {
      const entry = entries.get(wanted);
      return entry !== undefined && (!directoriesOnly || entry.type === "directory");
    });
    if (found) roots.add(wanted);
    else if (mayBeGlob(wanted)) {
      const fits = globbed(directoriesOnly ? `${wanted}/` : wanted);
      for (const { entries } of sides) {
        for (const [path, { type }] of entries) {
          if (pace.due()) await pace.breathe();
          if (!fits(path, type === "directory")) continue;
          roots.add(path);
          found = true;
        }
      }
    }
    if (!found) throw onNeitherSide(path, wanted, sides);
  }
  return (path) => {
    for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
      if (roots.has(at)) return true;
    }
    return false;
  };
}

/** What a glob stands for. */
function globbed(text: string): (path: string, isDirectory: boolean) => boolean {
  const { base, literal, directoriesOnly, matches } = parseGlob(text);
  const below = base === "" ? "" : `${base}/`;
  return (path, isDirectory) => {
    if (directoriesOnly && !isDirectory) return false;
    if (literal !== undefined) return path === literal;
    return path.startsWith(below) && matches(path.slice(below.length));
  };
}

function onNeitherSide(path: string, wanted: string, sides: readonly Side[]): BlobberError {
  const all = new Set(sides.flatMap(({ entries }) => [...entries.keys()]));
  const meant = nearestPath(wanted, all);
  return new BlobberError(
    "not-found",
    `path not found: ${quote(path)} is on neither side`,
    meant === undefined ? {} : { hint: `did you mean "${printable(meant)}"?` },
  );
}
