/**
 * The entries of an image that a path glob stands for.
 *
 * The directories before its first wildcard are found as any path is, through links; a wildcard itself goes through
 * none. So a glob gives each entry once, by the path that it has in the image.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import { nearestPath, topOf } from "../../archive/tree/nearest_path.ts";
import { firstFrom } from "../../archive/tree/ordered_names.ts";
import { BlobberError } from "../../errors.ts";
import { printable, quote } from "../../text/printable.ts";
import { imageCallOptions } from "../../doors/options.ts";
import type { CallOptions } from "../../store.ts";
import { Pace, STEPS_A_TURN } from "../../system/pace.ts";
import type { Finder } from "./finder.ts";
import { mayBeGlob, parseGlob, type PathGlob } from "./path_glob.ts";
import { followIn, implied, normal } from "./paths.ts";

/** Comes behind every name that may follow a slash. */
const BEHIND_SLASH = "0";
/** Entries of which one is asked for by itself, if they are few: it takes as long as so many of all. */
const FEW = 16;

/** An entry of an image that was found. */
export interface FoundEntry {
  /** The path that leads to it: as it was asked for, or its own where a glob stands for it. */
  path: string;
  /** What is there. A link is itself, and not what it leads to. */
  entry: Entry;
}

/** What a path is, or a glob stands for. */
export interface Found {
  /** Whether it names one entry. */
  exact: boolean;
  /** That entry, or those that the glob stands for, sorted by path; each with the path that leads to it. */
  entries: FoundEntry[];
}

/**
 * What a path is, or a glob stands for: what names an entry is that entry, whatever it would mean as a glob.
 *
 * @param finder of the image
 * @param path as it was written; one that ends in a slash is about directories alone
 * @throws {BlobberError} `not-found` when that is nothing; says what is near
 */
export async function find(finder: Finder, path: string, call: CallOptions): Promise<Found> {
  const entry = finder.exactly(path);
  if (entry !== undefined) return { exact: true, entries: [{ path, entry }] };
  const wanted = normal(path);
  if (!mayBeGlob(wanted)) throw await finder.missing(path, wanted, call);
  const glob = parseGlob(/\/\.?$/.test(path) ? `${wanted}/` : wanted);
  if (glob.literal !== undefined) {
    const entry = finder.exactly(glob.directoriesOnly ? `${glob.literal}/` : glob.literal);
    if (entry === undefined) throw await finder.missing(path, glob.literal, call);
    return { exact: true, entries: [{ path: glob.literal, entry }] };
  }
  const paths = await finder.listing.paths(call);
  const base = baseOf(finder, path, glob);
  const pace = new Pace(call.signal);
  const found = base === undefined ? [] : await matching(finder, glob, { base, paths, pace });
  if (found.length > 0) {
    const entries = await entriesAt(finder, found, { base: base!, paths, call });
    return { exact: false, entries: entries.map((entry) => ({ path: entry.path, entry })) };
  }
  const hint = await nearGlob(finder, wanted, { glob, paths, pace });
  throw new BlobberError(
    "not-found",
    `file not found: ${quote(path)} matches nothing in ${finder.digest}`,
    { hint },
  );
}

/** Where the directories before the first wildcard are; nothing when one of them is none. */
function baseOf({ listing }: Finder, path: string, glob: PathGlob): string | undefined {
  const base = followIn(listing, path, glob.base);
  return listing.isDirectory(base) ? base : undefined;
}

/** What is known where a glob is held against paths. */
interface Against {
  /** The directory that the glob counts from. */
  base: string;
  /** Of all entries, sorted. */
  paths: readonly string[];
  pace: Pace;
}

/** The paths that a glob stands for, sorted: of entries, and of directories that none names. */
async function matching(
  finder: Finder,
  glob: PathGlob,
  { base, paths, pace }: Against,
): Promise<string[]> {
  const found: string[] = [];
  const take = (path: string, below: string) => {
    if (!glob.matches(below)) return;
    if (!glob.directoriesOnly || finder.isDirectory(path)) found.push(path);
  };
  const from = base === "" ? 0 : base.length + 1;
  const first = from === 0 ? 0 : firstFrom(paths, `${base}/`);
  const end = from === 0 ? paths.length : firstFrom(paths, `${base}${BEHIND_SLASH}`);
  let before = "";
  let isSorted = true;
  for (let i = first; i < end; i++) {
    if (i % STEPS_A_TURN === 0 && pace.due(STEPS_A_TURN)) await pace.breathe();
    const path = paths[i]!;
    // What is below a directory stands together, so one that no entry names is met once.
    for (let to = path.indexOf("/", from); to >= 0; to = path.indexOf("/", to + 1)) {
      if (before.startsWith(path.slice(0, to + 1))) continue;
      const directory = path.slice(0, to);
      if (paths[firstFrom(paths, directory)] === directory) continue;
      isSorted = false;
      take(directory, directory.slice(from));
    }
    before = path;
    take(path, path.slice(from));
  }
  return isSorted ? found : found.sort();
}

/** The entries at paths that are sorted. */
async function entriesAt(
  { listing }: Finder,
  found: readonly string[],
  { base, paths, call }: { base: string; paths: readonly string[]; call: CallOptions },
): Promise<Entry[]> {
  if (found.length * FEW < paths.length) {
    return found.map((path) => {
      const entry = listing.get(path)?.entry;
      return entry === undefined ? implied(path) : { ...entry };
    });
  }
  const all = new Map<string, Entry>();
  for await (const some of listing.entries({ ...call, below: base })) {
    for (const entry of some) all.set(entry.path, entry);
  }
  return found.map((path) => all.get(path) ?? implied(path));
}

/** What to try in place of a glob that stands for nothing, if something is near. */
async function nearGlob(
  finder: Finder,
  wanted: string,
  { glob, paths, pace }: { glob: PathGlob; paths: readonly string[]; pace: Pace },
): Promise<string> {
  const slash = glob.directoriesOnly ? "/" : "";
  const names = wanted.split("/");
  const rest = names.slice(glob.base === "" ? 0 : glob.base.split("/").length).join("/");
  const tries = [`**/${wanted}`];
  if (glob.base !== "") {
    const meant = nearestPath(glob.base, directoriesOf(paths));
    if (meant !== undefined) tries.unshift(`${quoted(meant)}/${rest}`);
    tries.unshift(`${quoted(glob.base)}/**/${rest}`);
    tries.push(`**/${rest}`);
  }
  for (const text of tries) {
    const near = parseGlob(text + slash);
    if (!finder.listing.isDirectory(near.base)) continue;
    const [first] = await matching(finder, near, { base: near.base, paths, pace });
    if (first === undefined) continue;
    return `did you mean "${printable(text + slash)}", which matches "${printable(first)}"?`;
  }
  const path = nearestPath(wanted, paths);
  return path === undefined ? topOf(paths) : `did you mean "${printable(path)}"?`;
}

/** A path as a glob that stands for it. */
function quoted(path: string): string {
  return path.replace(/[*?[\\]/g, "\\$&");
}

/** The directories of paths. */
function* directoriesOf(paths: readonly string[]): Generator<string> {
  let before = "";
  for (const path of paths) {
    for (let to = path.indexOf("/"); to >= 0; to = path.indexOf("/", to + 1)) {
      if (!before.startsWith(path.slice(0, to + 1))) yield path.slice(0, to);
    }
    before = path;
  }
}

/**
 * What an image's `find` gives.
 *
 * @param finder of the image
 * @param path a path or a glob
 * @param given the caller's options
 * @throws {BlobberError} `not-found` when it stands for nothing
 */
export async function findIn(
  finder: Finder,
  path: string,
  given: CallOptions,
  call: CallOptions,
): Promise<Found> {
  imageCallOptions("find", given);
  return await find(finder, path, call);
}

/**
 * What an image's `glob` gives.
 *
 * @param finder of the image
 * @param patterns paths and globs
 * @param given the caller's options
 * @throws {BlobberError} `not-found` when one of them stands for nothing
 */
export async function globIn(
  finder: Finder,
  patterns: string | readonly string[],
  given: CallOptions,
  call: CallOptions,
): Promise<Entry[]> {
  imageCallOptions("glob", given);
  const all = new Map<string, Entry>();
  for (const pattern of patternList(patterns)) {
    const { entries } = await find(finder, pattern, call);
    for (const { entry } of entries) all.set(entry.path, entry);
  }
  const found = [...all.values()];
  return typeof patterns === "string" ? found : found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Paths and globs that a caller gives.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function patternList(patterns: string | readonly string[]): readonly string[] {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  if (Array.isArray(list)) return [...list];
  throw new BlobberError(
    "invalid-option",
    `invalid paths: ${quote(list)}, expected a list of paths`,
  );
}
