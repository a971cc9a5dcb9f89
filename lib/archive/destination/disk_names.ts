/**
 * Whether a directory can hold the names of an archive: each as it is, and no two as one. Found before anything
 * is downloaded where the artifact has a table, and always before anything is in place.
 *
 * @module
 */

import { BlobberError, type Remedy } from "../../errors.ts";
import type { Pace } from "../../system/pace.ts";
import { type NameFolding, platform } from "../../system/platform.ts";
import { quote } from "../../text/printable.ts";
import { foldName } from "../order.ts";
import { windowsHazard } from "../safe_path.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";

/**
 * Checks the name of one entry before it is written, where the system reserves some.
 *
 * @param path in normal form
 * @throws {BlobberError} `invalid-archive`
 */
export function checkDiskName(path: string): void {
  const { reservesNames, label } = platform();
  const hazard = reservesNames ? windowsHazard(path) : undefined;
  if (hazard === undefined) return;
  throw new BlobberError(
    "invalid-archive",
    `${quote(path)} cannot be written on ${label}: ${hazard}`,
    { hint: ["leave it out with ", excluding(path)] },
  );
}

/**
 * Checks the names of a whole tree.
 *
 * @param tree what goes to the disk
 * @param folds which names are one there
 * @param pace of the caller
 * @throws {BlobberError} `invalid-archive` for a name that means something else there, `conflict` for two that
 * are one
 */
export async function checkDiskNames(
  tree: PlacedTree,
  folds: NameFolding,
  pace: Pace,
): Promise<void> {
  const { reservesNames } = platform();
  const keyOf = keyIn(folds);
  if (!reservesNames && keyOf === undefined) return;
  const directories = ["", ...tree.directories().map(({ path }) => path)];
  for (const directory of directories) {
    const seen = new Map<string, string>();
    for (const name of tree.childrenOf(directory)) {
      if (pace.due()) await pace.breathe();
      const path = directory === "" ? name : `${directory}/${name}`;
      if (reservesNames) checkDiskName(path);
      if (keyOf === undefined) continue;
      const key = keyOf(name);
      const twin = seen.get(key);
      if (twin !== undefined) throw twins(directory, twin, name);
      seen.set(key, name);
    }
  }
}

/**
 * What two names have in common that are one; nothing where each name is its own.
 *
 * @param folds which names are one
 */
export function keyIn(
  { case: foldsCase, forms }: NameFolding,
): ((name: string) => string) | undefined {
  if (forms) return foldsCase ? foldName : (name) => name.normalize("NFD");
  return foldsCase ? upperCase : undefined;
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * Upper case of one character for one, as NTFS compares names: `ß` and `ss` are two there. Each of its disks keeps a
 * table of its own, which may miss letters that are newer than it.
 */
function upperCase(name: string): string {
  if (ASCII.test(name)) return name.toUpperCase();
  return Array.from(name, (character) => {
    const upper = character.toUpperCase();
    return upper.length === character.length ? upper : character;
  }).join("");
}

function twins(directory: string, ...names: [string, string]): BlobberError {
  const [one, other] = names.sort().map((name) => directory === "" ? name : `${directory}/${name}`);
  return new BlobberError(
    "conflict",
    `the artifact holds ${quote(one!)} and ${quote(other!)}, which are one name in this directory`,
    {
      hint: [
        "pull onto a file system that tells capitals and Unicode forms apart, or leave one out with ",
        excluding(other!),
      ],
    },
  );
}

/** What leaves an entry out, where its path is a pattern that is about nothing else and can be typed as it is. */
export function excluding(path: string): Remedy {
  return /^[\w./+=@,-]+$/.test(path)
    ? { option: "exclude", value: `/${path}` }
    : { option: "exclude" };
}
