/**
 * What a killed run has placed already. Its journal says which artifact it was placing, and no more: a file
 * counts as its work only when it is the same as what was unpacked again just now.
 *
 * @module
 */

import { closeSync, lstatSync, readlinkSync, readSync, type Stats } from "node:fs";
import { openRegular } from "../../system/files.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Pace } from "../../system/pace.ts";
import { checkKinds, type Existing, exists, intoGit, isGit, visitExisting } from "./conflicts.ts";
import { fileError } from "../../system/system_error.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";
import type { Staging } from "./staging.ts";

/** Bytes that are compared at once. */
const PIECE = 256 * 1024;

/** Which file was looked at, in which state. */
type Stamp = string;

/** Files that may be replaced, by their paths: they are what replaces them. */
export type Replaceable = ReadonlyMap<string, Stamp>;

/** Whether a file is the one that was looked at, and unchanged since. */
export function isReplaceable(files: Replaceable, path: string, found: Stats): boolean {
  return files.get(path) === stampOf(found);
}

/**
 * Finds out what of an artifact is in place. All of it is unpacked, links included.
 *
 * @param overwrite whether other files are replaced too
 * @returns nothing where no killed run is completed
 * @throws {BlobberError} `conflict` for files that are others, and for a `.git` of which anything is
 */
export async function checkResumed(
  staging: Staging,
  tree: PlacedTree,
  overwrite: boolean,
  pace: Pace,
): Promise<Replaceable | undefined> {
  const root = staging.destination.dir;
  if (!staging.resumes || root === undefined) return undefined;
  const same = new Map<string, Stamp>();
  const others: string[] = [];
  const buffers = [new Uint8Array(PIECE), new Uint8Array(PIECE)] as const;
  const checkGit = (path: string) => {
    const names = path.split("/");
    const git = names.findIndex(isGit);
    if (git >= 0) throw intoGit(names.slice(0, git + 1).join("/"));
  };
  const visit = ({ path, name, found, dir }: Existing) => {
    const isDirectory = tree.isDirectory(path);
    checkKinds(dir, path, found, isDirectory);
    if (isDirectory && found.isDirectory()) return;
    if (isEqual(`${staging.root}/${path}`, dir, name, buffers)) same.set(path, stampOf(found));
    else {
      checkGit(path);
      others.push(path);
    }
  };
  // A `.git` is moved into place as a whole: where a part of it is missing, it is another one.
  const miss = (path: string) => checkGit(path.slice(0, path.lastIndexOf("/") + 1));
  await visitExisting(root, tree, { visit, miss, pace });
  if (others.length > 0 && !overwrite) throw exists(others);
  return same;
}

function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): Stamp {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}

/** Whether two files are of one kind and have the same content. */
function isEqual(
  staged: string,
  dir: HeldDirectory,
  name: string,
  buffers: readonly [Uint8Array, Uint8Array],
): boolean {
  try {
    const [made, found] = [lstatSync(staged), dir.look(name)];
    if (made.isSymbolicLink()) {
      return found?.isSymbolicLink() === true &&
        readlinkSync(staged) === readlinkSync(dir.entry(name));
    }
    if (!made.isFile() || !found?.isFile() || made.size !== found.size) return false;
    return haveSameBytes(staged, dir.entry(name), buffers);
  } catch (cause) {
    throw fileError("cannot compare", dir.shown(name), cause);
  }
}

function haveSameBytes(a: string, b: string, buffers: readonly [Uint8Array, Uint8Array]): boolean {
  const open: number[] = [];
  try {
    for (const path of [a, b]) {
      const file = openRegular(path);
      if (file === undefined) return false; // gone meanwhile
      open.push(file.fd);
    }
    for (;;) {
      const [one, two] = buffers.map((into, i) => into.subarray(0, fill(open[i]!, into)));
      if (one!.length !== two!.length || one!.some((byte, i) => byte !== two![i])) return false;
      if (one!.length === 0) return true;
    }
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

function fill(fd: number, into: Uint8Array): number {
  let at = 0;
  while (at < into.length) {
    const n = readSync(fd, into, at, into.length - at, null);
    if (n === 0) break;
    at += n;
  }
  return at;
}
