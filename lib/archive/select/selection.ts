/**
 * A part of an image, as it goes to a disk or into a tar: the entries that are taken of the merged tree of all
 * layers, at their places, with the directories above them, and what of it is one file under several names.
 *
 * Of the names of a file that are taken the first is the file and the others are hard links to it, whichever of
 * them the archive has as what: so a link to a file that is not taken has the content all the same, and a link
 * never comes before its file.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import type { Place, UnpackLimits } from "../../options.ts";
import { quote } from "../../text/printable.ts";
import { Pace } from "../../system/pace.ts";
import { sorted } from "../../system/sorted.ts";
import type { Entry } from "../entry.ts";
import { type Content, type Contents, fileOf } from "../read/content.ts";
import type { Listing } from "../tree/listing.ts";
import { Tree } from "../tree/tree.ts";
import { checkEntry, type EntryPolicy, leaveOut } from "../unpack/plan.ts";
import { nothingLeft, patternsMissed } from "./missed.ts";
import { PathFilter } from "./path_filter.ts";
import { stripPath } from "./strip_path.ts";
import { type Taken, type TakenPlaces, takePlaces } from "./taken.ts";

/** What is taken of an image. */
export interface SelectOptions extends Observer {
  /** Patterns of which one has to match. @default everything */
  include?: readonly string[] | undefined;
  /** Patterns of which none may match. @default [] */
  exclude?: readonly string[] | undefined;
  /** Components to take off the beginning of each path. @default 0 */
  stripComponents?: number | undefined;
  /** Paths that are taken, and where each goes, in place of patterns. @default none */
  places?: readonly Place[] | undefined;
  /** How much is accepted of what is taken. */
  limits: UnpackLimits;
  policy: EntryPolicy;
  /** The image, for messages. */
  digest: Digest;
}

/** An entry that is taken, at the place where it goes. */
export interface SelectedEntry {
  entry: Entry;
  /** Where its content is, if it is a file. */
  content: Content;
}

/** What was taken. */
export interface Selection {
  /** All of it, with directories that only names imply. */
  tree: Tree<Content | undefined>;
  /** The entries, sorted by path, parents before children and files before their hard links. */
  entries: SelectedEntry[];
}

/**
 * Selects a part of an image.
 *
 * @param contents what is in it
 * @throws {BlobberError} `not-found` for a pattern that matches nothing, and where nothing is left; `conflict` for
 * two entries of which one would be at the other's place; `path-traversal`, `invalid-archive`, `limit`
 */
export async function select(contents: Contents, options: SelectOptions): Promise<Selection> {
  const pace = new Pace(options.signal);
  const { taken: found, root } = await takenOf(contents, options, pace);
  const places = new Map<string, Taken>();
  for (const one of found) {
    if (pace.due()) await pace.breathe();
    const before = places.get(one.path);
    if (before === undefined) places.set(one.path, one);
    else if (!isSameDirectory(before.entry, one.entry)) throw collision(before, one, options);
  }
  await checkAbove(places, options, pace);
  const order = await sorted([...places.keys()], pace);
  const selection = await treeOf(order.map((path) => places.get(path)!), options, pace);
  selection.tree.root = root;
  return selection;
}

/** What is taken, where it goes, and the entry of the destination's own directory. */
async function takenOf(
  { listing, root }: Contents,
  options: SelectOptions,
  pace: Pace,
): Promise<TakenPlaces> {
  const { places, stripComponents = 0, signal, digest } = options;
  if (places !== undefined) return await takePlaces(listing, places, { digest, signal, pace });
  const taken = await takenByPatterns(listing, options, pace);
  // What was stripped is not the destination's own directory.
  return { taken, root: stripComponents === 0 ? root : undefined };
}

/** What the patterns take, with the directories above it, where it goes. */
async function takenByPatterns(
  listing: Listing<Content>,
  options: SelectOptions,
  pace: Pace,
): Promise<Taken[]> {
  const { include = [], exclude = [], stripComponents = 0, signal } = options;
  const filter = new PathFilter(include, exclude);
  const taken: Taken[] = [];
  /** Directories that were not taken for themselves. */
  const passed = new Map<string, Entry>();
  const take = (entry: Entry) => {
    const path = stripPath(entry.path, stripComponents);
    if (path !== undefined) {
      taken.push({ path, entry, content: listing.get(entry.path)!.content, group: 0 });
    }
  };
  const takeAbove = (path: string) => {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const above = path.slice(0, at);
      const entry = passed.get(above);
      if (entry === undefined) continue;
      passed.delete(above);
      take(entry);
    }
  };
  for await (const entries of listing.entries({ signal })) {
    for (const entry of entries) {
      if (pace.due()) await pace.breathe();
      const isDirectory = entry.type === "directory";
      if (filter.takes(entry.path, isDirectory)) {
        takeAbove(entry.path);
        take(entry);
      } else if (isDirectory) passed.set(entry.path, entry);
    }
  }
  const missed = filter.unmatched();
  if (missed.length > 0) throw await patternsMissed(missed, listing, options);
  if (taken.length > 0) return taken;
  throw nothingLeft(options);
}

/** Whether two entries of one place are the same directory, as far as there is anything to it. */
function isSameDirectory(a: Entry, b: Entry): boolean {
  return a.type === "directory" && b.type === "directory" && a.mode === b.mode;
}

/** Refuses entries below what is no directory. */
async function checkAbove(
  places: ReadonlyMap<string, Taken>,
  options: SelectOptions,
  pace: Pace,
): Promise<void> {
  for (const one of places.values()) {
    const { path } = one;
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      if (pace.due()) await pace.breathe();
      const above = places.get(path.slice(0, at));
      if (above === undefined) continue;
      if (above.entry.type !== "directory") throw collision(above, one, options);
      break; // what is above a directory was looked at with it
    }
  }
}

function collision(
  one: Taken,
  other: Taken,
  { places, stripComponents }: SelectOptions,
): BlobberError {
  const [a, b] = [one.entry.path, other.entry.path].sort();
  const both = `${quote(a)} and ${quote(b)} are both at ${quote(one.path)}`;
  if (places !== undefined) return new BlobberError("conflict", `${both} of the destination`);
  return new BlobberError(
    "conflict",
    `${both} without their first ${
      stripComponents === 1 ? "component" : `${stripComponents} components`
    }`,
    { hint: "leave one of them out, or take off fewer components" },
  );
}

async function treeOf(
  taken: readonly Taken[],
  options: SelectOptions,
  pace: Pace,
): Promise<Selection> {
  const { limits, policy, places } = options;
  const tree = new Tree<Content | undefined>(limits, pace);
  tree.nextLayer();
  /** Where the file is that has a content: every name of a file has the same. */
  const firsts = new Map<number, Map<Content, string>>();
  const selected: SelectedEntry[] = [];
  for (const { path, entry: stated, content, group } of taken) {
    if (pace.due()) await pace.breathe();
    let own = firsts.get(group);
    if (own === undefined) firsts.set(group, own = new Map());
    const entry = placed(stated, path, content, own);
    checkEntry(entry, policy);
    const applied = tree.apply(entry, content);
    if (!applied.added) {
      throw new BlobberError(
        "invalid-archive",
        `unsafe name: ${quote(path)} is a file system's own`,
      );
    }
    selected.push({ entry, content });
  }
  leaveOut(tree, policy, options);
  const entries = selected.filter(({ entry }) => tree.get(entry.path) !== undefined);
  if (entries.length > 0 || places !== undefined) return { tree, entries };
  throw nothingLeft(options);
}

/** An entry at its place. */
function placed(
  stated: Entry,
  path: string,
  content: Content,
  firsts: Map<Content, string>,
): Entry {
  if (stated.type !== "file" && stated.type !== "hardlink") return { ...stated, path };
  const linkTarget = firsts.get(content);
  const { size, mode, mtime } = fileOf(content, stated);
  if (linkTarget !== undefined) return { path, type: "hardlink", size: 0, mode, mtime, linkTarget };
  firsts.set(content, path);
  return { path, type: "file", size, mode, mtime };
}
