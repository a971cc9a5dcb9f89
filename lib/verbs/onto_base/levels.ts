/**
 * What layers of a base make together, and what a tree differs from that in: what a layer on top of them has to hold,
 * as layers are applied (OCI image spec, layer.md).
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { Row } from "../../archive/table/table.ts";
import { isFormatsOwn } from "../../archive/toc.ts";
import { Tree } from "../../archive/tree/tree.ts";
import { hexOf } from "../../digest.ts";
import { MAX_LISTED_ENTRIES } from "../../limits.ts";
import type { Pace } from "../../system/pace.ts";
import type { LookedEntry } from "./looked_entry.ts";

const WHITEOUT = ".wh.";
/** Bytes that a name may have. */
const MAX_NAME_BYTES = 255;
const EMPTY_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Where the content of an entry is: a row in one of the tables. */
export interface LevelContent {
  row: Row;
  /** Which layer the table is of. */
  layer: number;
}

/** The tree of some layers. */
export type Level = Tree<LevelContent>;

/** What a layer on top has to hold. */
export interface TopContent {
  /** What is not the same below, with the directories on the way, in the order of the tree. */
  entries: LookedEntry[];
  /** Paths that are gone: each with all that is below it. By the directory that they were in. */
  gone: ReadonlyMap<string, readonly string[]>;
}

/**
 * Applies layers to each other.
 *
 * @param tables theirs, from the ground up
 * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
 */
export async function levelOf(tables: readonly LayerTable[], pace: Pace): Promise<Level> {
  const limits = { maxEntries: MAX_LISTED_ENTRIES, maxBytes: Infinity, maxFileBytes: Infinity };
  const tree: Level = new Tree(limits, pace);
  for (const [layer, { table }] of tables.entries()) {
    tree.nextLayer();
    for (let i = 0; i < table.length; i++) {
      if (pace.due()) await pace.breathe();
      const row = table.row(i);
      if (!isFormatsOwn(row.entry.path)) tree.apply(row.entry, { row, layer });
    }
  }
  return tree;
}

/**
 * What a tree differs from layers in.
 *
 * @param looked the tree, in the order of a walk, whose files were compared with the chunks of `compared`
 * @param level the layers
 * @param compared all layers of the base
 * @returns `undefined` where layers cannot say it: a name is too long to be taken away
 */
export async function contentOnTop(
  looked: ReadonlyMap<string, LookedEntry>,
  { level, compared }: { level: Level; compared: Level },
  pace: Pace,
): Promise<TopContent | undefined> {
  const gone = await goneFrom(level, looked, pace);
  if (gone === undefined) return undefined;
  const wanted = new Set<string>();
  for (const path of gone.keys()) want(path, wanted);
  for (const [path, one] of looked) {
    if (pace.due()) await pace.breathe();
    if (!isSame(one, level, compared)) want(path, wanted);
  }
  const entries: LookedEntry[] = [];
  for (const [path, one] of looked) if (wanted.has(path)) entries.push(one);
  return { entries, gone };
}

/**
 * Wants an entry, and the directories that it is in: a program that applies a layer may make those that it does not
 * find there with permissions of its own.
 */
function want(path: string, wanted: Set<string>): void {
  for (let at = path; at !== "" && !wanted.has(at);) {
    wanted.add(at);
    at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
  }
}

/** Whether layers have an entry as it is. */
function isSame({ entry, hex, isCutSo }: LookedEntry, level: Level, compared: Level): boolean {
  const { path, type, mode, mtime, size, linkTarget } = entry;
  const found = level.get(path);
  if (found === undefined) return false;
  const below = found.entry;
  // A hard link is never the same: the file that it names may not stay.
  if (below.type !== type || below.mode !== mode || below.mtime !== mtime) return false;
  if (type === "symlink") return below.linkTarget === linkTarget;
  if (type !== "file" || below.size !== size) return type !== "file";
  const { row, layer } = found.content;
  if (size === 0) return hex === EMPTY_HEX;
  if (row.chunkCount === 1) return hexOf(row.columns.digest(row.first)) === hex;
  // The digest of a file of several chunks is a claim of its table: only the chunks tell. They were compared with
  // those of the base as it is.
  const known = compared.get(path)?.content;
  return isCutSo && known?.layer === layer && known.row.first === row.first;
}

/** What is in layers and not in a tree: of a directory that is gone, nothing below it is named. */
async function goneFrom(
  level: Level,
  looked: ReadonlyMap<string, LookedEntry>,
  pace: Pace,
): Promise<Map<string, string[]> | undefined> {
  const gone = new Map<string, string[]>();
  const open = [""];
  while (open.length > 0) {
    const directory = open.pop()!;
    const names: string[] = [];
    for (const name of level.childrenOf(directory)) {
      if (pace.due()) await pace.breathe();
      const path = directory === "" ? name : `${directory}/${name}`;
      const entry = looked.get(path)?.entry;
      if (entry === undefined) names.push(name);
      else if (entry.type === "directory" && level.isDirectory(path)) open.push(path);
    }
    if (names.length === 0) continue;
    if (names.some((name) => !canGo(name))) return undefined;
    gone.set(directory, names.sort());
  }
  return gone;
}

function canGo(name: string): boolean {
  return new TextEncoder().encode(WHITEOUT + name).length <= MAX_NAME_BYTES;
}

/** The entries that take something away from below. */
export function whiteoutsOf(
  directory: string,
  { gone }: TopContent,
  mtime: number,
): Entry[] {
  const prefix = directory === "" ? "" : `${directory}/`;
  return (gone.get(directory) ?? []).map((name) => ({
    ...{ path: `${prefix}${WHITEOUT}${name}`, type: "file", size: 0, mode: 0o644, mtime },
  }));
}
