/**
 * Lists a directory for an archive: sorted, lazily, and refusing what could not be extracted elsewhere.
 *
 * @module
 */

import { readlinkSync, realpathSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import type { IgnoreRules } from "../../text/ignore_rules.ts";
import { counted, printable, quote } from "../../text/printable.ts";
import { type FileStat, listDirectory, statLink } from "../../system/runtime.ts";
import { platform } from "../../system/platform.ts";
import type { Entry } from "../entry.ts";
import { assumedMode } from "./assumed_mode.ts";
import { checkNames } from "./names.ts";
import { compareBytes, foldName } from "../order.ts";
import { Refused } from "./refuse.ts";
import { checkOwnLinkChains } from "../links.ts";
import { changed, readError } from "./source_file.ts";
import { errnoOf } from "../../system/system_error.ts";

/** An entry of a directory, and what reading its content needs. */
export interface WalkedEntry extends Entry {
  /** Where it is. */
  file: string;
  /** What the walk saw. */
  stat: FileStat;
}

/** How to walk. */
export interface WalkOptions extends Observer {
  /** Files that are not to be found: the walk fails on one. @default [] */
  refuse?: readonly string[] | undefined;
  /** What is left out, before anything else is asked of it: directories are not even listed. @default nothing */
  ignoring?: IgnoreRules | undefined;
}

/**
 * Walks a directory. Entries come in the order of the bytes of their paths, with a directory's path counted
 * with a slash at its end: whatever the file system, the locale and the order of creation, parents come
 * before their children and all of a directory comes together. The root itself is no entry.
 *
 * Links are listed, never followed, but for the root, which may be a link to a directory. A file with
 * several names is several files.
 *
 * @param root the directory
 * @param options `onNotice` is told of names that other file systems take for one
 * @throws {BlobberError} `file-system`, `source-changed`; `path-traversal` and `invalid-archive` for what
 * cannot be extracted safely elsewhere
 */
export function* walk(
  root: string,
  options: WalkOptions = {},
): Generator<WalkedEntry, void, void> {
  const base = resolveRoot(root);
  const links = new Map<string, string>();
  const refused = options.refuse?.length ? new Refused(options.refuse) : undefined;
  const { ignoring } = options;
  refused?.checkRoot(base, ignoring);
  const way: Way = { observer: options, links, refused, ignoring, leftOut: 0 };
  yield* walkDirectory(base, "", way);
  checkOwnLinkChains(links);
  if (ignoring === undefined) return;
  notify(options, {
    level: "debug",
    code: "ignored",
    message: `patterns left out ${counted(way.leftOut, "entry", "entries")}, ` +
      "not counting what is below directories",
  });
}

/** The directory behind a name that a person gave. */
function resolveRoot(root: string): string {
  let base: string;
  let stat: FileStat;
  try {
    base = realpathSync(root);
    stat = statLink(base);
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") {
      throw new BlobberError("file-system", `directory not found: ${printable(root)}`, { cause });
    }
    throw readError(root, cause);
  }
  if (stat.type !== "directory") {
    throw new BlobberError("file-system", `not a directory: ${printable(root)}`);
  }
  return base;
}

/** What all directories of a walk share. */
interface Way {
  observer: Observer;
  links: Map<string, string>;
  refused: Refused | undefined;
  ignoring: IgnoreRules | undefined;
  /** Entries that are left out, without what is below them. */
  leftOut: number;
}

function* walkDirectory(
  directory: string,
  prefix: string,
  way: Way,
): Generator<WalkedEntry, void, void> {
  const { observer, links, refused } = way;
  const { hasModes } = platform();
  const found = taken(list(directory), prefix, way);
  warnOfTwins(found, prefix, observer);
  for (const { name, directory: isDirectory } of found) {
    const file = `${directory}/${name}`;
    const path = prefix + name;
    checkNames({ path, type: isDirectory ? "directory" : "file" });
    const stat = look(file);
    const { type } = stat;
    if (type === "other") throw unsupported(path);
    if (isDirectory !== (type === "directory")) throw changed(file);
    if (type === "file") refused?.check(path, stat);
    const linkTarget = type === "symlink" ? readLink(file) : undefined;
    if (linkTarget !== undefined) {
      checkNames({ path, type, linkTarget });
      links.set(path, linkTarget);
    }
    yield {
      path,
      type,
      size: type === "file" ? stat.size : 0,
      mode: type === "symlink" ? 0o777 : hasModes ? stat.mode & 0o777 : assumedMode(file, stat),
      mtime: Math.floor(stat.mtime / 1000),
      linkTarget,
      file,
      stat,
    };
    if (isDirectory) yield* walkDirectory(file, `${path}/`, way);
  }
}

/** What is in a directory, by its names. */
type Listed = { name: string; directory: boolean }[];

/** What is not left out. */
function taken(found: Listed, prefix: string, way: Way): Listed {
  const { ignoring } = way;
  if (ignoring === undefined) return found;
  const rest = found.filter(({ name, directory }) =>
    !ignoring.excludesEntry(prefix + name, directory)
  );
  way.leftOut += found.length - rest.length;
  return rest;
}

/** What is in a directory, in the order of the archive. */
function list(directory: string): Listed {
  try {
    const found = listDirectory(directory);
    // Types come with the names and cost nothing; the look at each file waits until it is wanted.
    const keyed = found.map((one) => ({ one, key: one.directory ? `${one.name}/` : one.name }));
    return keyed.sort((a, b) => compareBytes(a.key, b.key)).map(({ one }) => one);
  } catch (cause) {
    throw readError(directory, cause);
  }
}

function look(file: string): FileStat {
  try {
    return statLink(file);
  } catch (cause) {
    throw readError(file, cause);
  }
}

function readLink(file: string): string {
  try {
    // Where "\\" separates, it is a part of no name.
    return platform().separators.includes("\\")
      ? readlinkSync(file).replaceAll("\\", "/")
      : readlinkSync(file);
  } catch (cause) {
    // EINVAL: it was a link a moment ago.
    throw errnoOf(cause) === "EINVAL" ? changed(file) : readError(file, cause);
  }
}

/** The error for what is none of these. */
export function unsupported(path: string): BlobberError {
  return new BlobberError(
    "invalid-archive",
    `cannot push ${
      quote(path)
    }: it is a socket, device or pipe, expected a file, directory or link`,
  );
}

/** Tells of names in one directory that some file systems take for one. */
export function warnOfTwins(
  found: readonly { name: string }[],
  prefix: string,
  observer: Observer,
): void {
  if (observer.onNotice === undefined) return;
  const folded = new Map<string, string>();
  for (const { name } of found) {
    const fold = foldName(name);
    const twin = folded.get(fold);
    if (twin === undefined) {
      folded.set(fold, name);
      continue;
    }
    notify(observer, {
      level: "warning",
      code: "name-collision",
      message: `${quote(prefix + twin)} and ${quote(prefix + name)} ` +
        "are one file where case or Unicode forms do not count, and cannot be pulled there",
    });
  }
}
