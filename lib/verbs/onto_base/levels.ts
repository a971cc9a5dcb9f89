/**
 * What layers of a base make together, and what a tree differs from that in: what a layer on top of them has to hold,
 * as layers are applied (OCI image spec, layer.md).
 *
 * @module
 */

import { Budget } from "../../archive/budget.ts";
import type { Entry } from "../../archive/entry.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { Table } from "../../archive/table/table.ts";
import { isFormatsOwn } from "../../archive/toc.ts";
import { ordinary } from "../../archive/tree/ordered_names.ts";
import { Tree } from "../../archive/tree/tree.ts";
import { MAX_LISTED_ENTRIES } from "../../limits.ts";
import type { Pace } from "../../system/pace.ts";
import type { LookedEntries } from "./looked_entries.ts";

const WHITEOUT = ".wh.";
/** Bytes that a name may have. */
const MAX_NAME_BYTES = 255;
const EMPTY_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * Where an entry stands: its layer and its row, in one number, since there is one for each path. What is there and
 * is no row as it stands, such as a directory that only names imply, is {@linkcode NO_ROW}.
 */
type Place = number;
const NO_ROW = -1;
const ROWS = 2 ** 21;
/** How often all paths are looked through. */
const MAX_SEARCHES = 64;

/** How many entries are read, no file of them. */
const LIMITS = { maxEntries: MAX_LISTED_ENTRIES, maxBytes: Infinity, maxFileBytes: Infinity };

/** What a layer on top has to hold. */
export interface TopContent {
  /** What is not the same below, with the directories on the way, by their numbers. */
  entries: number[];
  /** Paths that are gone: each with all that is below it. By the directory that they were in. */
  gone: ReadonlyMap<string, readonly string[]>;
}

/** The trees of the lowest layers of a base, for each number of them. */
export class Levels {
  readonly #tables: readonly Table[];
  /** What all layers make, by path. */
  readonly #all = new Map<string, Place>();
  /** For each layer, what stood at the paths that it changed. */
  readonly #before: Map<string, Place | undefined>[] = [];
  #searches = 0;

  private constructor(tables: readonly Table[]) {
    this.#tables = tables;
  }

  /**
   * Applies layers to each other.
   *
   * @param layers their tables, from the ground up
   * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
   */
  static async of(layers: readonly LayerTable[], pace: Pace): Promise<Levels> {
    const tables = layers.map(({ table }) => table);
    const plain = new Levels(tables);
    if (await plain.#applyPlain(pace)) return plain;
    const levels = new Levels(tables);
    await levels.#apply(pace);
    return levels;
  }

  /** Applies layers of any kind. */
  async #apply(pace: Pace): Promise<void> {
    const tree = new Tree(LIMITS, pace);
    for (const [layer, table] of this.#tables.entries()) {
      tree.nextLayer();
      this.#before.push(new Map());
      for (let row = 0; row < table.length; row++) {
        if (pace.due()) await pace.breathe();
        const stated = table.entry(row);
        if (isFormatsOwn(stated.path)) continue;
        const { entry, removed, implied, added } = tree.apply(stated, undefined);
        for (const path of removed) this.#put(path, undefined);
        for (const path of implied) this.#put(path, NO_ROW);
        if (added) this.#put(entry.path, entry === stated ? layer * ROWS + row : NO_ROW);
      }
    }
  }

  /**
   * Applies layers as pushes make them: a tree by itself at the bottom, and above it nothing but entries in directories
   * that are there, each once, and whiteouts. A tree would take a third of the memory of such a push.
   *
   * @returns whether they were such layers
   */
  async #applyPlain(pace: Pace): Promise<boolean> {
    const [bottom, ...above] = this.#tables;
    const found = await ordinary(bottom!, new Budget(LIMITS), pace);
    if (found === undefined) return false;
    this.#before.push(new Map());
    const { directories } = found;
    for (let i = 0; i < directories.length; i++) {
      if (directories.row(i) === undefined) this.#put(directories.path(i), NO_ROW);
    }
    for (let row = 0; row < bottom!.length; row++) this.#put(bottom!.path(row), row);
    for (const [i, table] of above.entries()) {
      this.#before.push(new Map());
      if (!await this.#applyPlainly(table, i + 1, pace)) return false;
    }
    return true;
  }

  async #applyPlainly(table: Table, layer: number, pace: Pace): Promise<boolean> {
    const own = new Set<string>();
    for (let row = 0; row < table.length; row++) {
      if (pace.due()) await pace.breathe();
      const [path, type] = [table.path(row), table.type(row)];
      if (path === "") return false;
      if (type !== "file" && type !== "directory" && type !== "symlink") return false;
      const slash = path.lastIndexOf("/");
      const prefix = path.slice(0, slash + 1);
      if (slash === 0 || slash > 0 && !this.#isDirectory(this.#all.get(path.slice(0, slash)))) {
        return false;
      }
      const name = path.slice(slash + 1);
      const isWhiteout = name.startsWith(WHITEOUT);
      const hidden = name.slice(WHITEOUT.length);
      const isOdd = ["", ".", ".."].includes(hidden) || hidden.startsWith(WHITEOUT);
      if (isWhiteout ? isOdd || type !== "file" || table.size(row) > 0 : isFormatsOwn(path)) {
        return false;
      }
      const at = isWhiteout ? prefix + hidden : path;
      if (own.has(at)) return false;
      const there = this.#all.get(at);
      if (this.#isDirectory(there) && (isWhiteout || type !== "directory")) {
        // Whole directories go so seldom that all paths may be looked at; where many do, a tree takes less.
        if (++this.#searches > MAX_SEARCHES) return false;
        for (const below of [...this.#all.keys()].filter((one) => one.startsWith(`${at}/`))) {
          if (own.has(below)) return false;
          this.#put(below, undefined);
        }
        if (pace.due(this.#all.size)) await pace.breathe();
      }
      if (isWhiteout) {
        if (there !== undefined) this.#put(at, undefined);
        continue;
      }
      own.add(at);
      this.#put(at, layer * ROWS + row);
    }
    return true;
  }

  #isDirectory(place: Place | undefined): boolean {
    if (place === undefined) return false;
    if (place === NO_ROW) return true; // of plain layers: what names imply
    const [table, row] = this.#rowAt(place);
    return table.type(row) === "directory";
  }

  #put(path: string, place: Place | undefined): void {
    // All that the lowest layer has, nothing had before.
    const before = this.#before.length > 1 ? this.#before.at(-1)! : undefined;
    if (before?.has(path) === false) before.set(path, this.#all.get(path));
    if (place === undefined) this.#all.delete(path);
    else this.#all.set(path, place);
  }

  /** What stands at a path in the lowest layers. */
  #at(path: string, layers: number): Place | undefined {
    for (const before of this.#before.slice(layers)) {
      if (before.has(path)) return before.get(path);
    }
    return this.#all.get(path);
  }

  /** Paths that may be in the lowest layers, some of them more than once. */
  *#paths(layers: number): Generator<string> {
    yield* this.#all.keys();
    for (const before of this.#before.slice(layers)) yield* before.keys();
  }

  /** The chunks that all layers have of a file of this size, where those are several. */
  cutsOf(path: string, size: number): { ends: number[]; hexes: string } | undefined {
    const place = this.#all.get(path);
    if (place === undefined || place === NO_ROW) return undefined;
    const [table, row] = this.#rowAt(place);
    const count = table.chunkCount(row);
    if (count < 2 || table.size(row) !== size) return undefined;
    const { chunks } = table;
    const first = table.firstChunk(row);
    const ends: number[] = [];
    for (let i = first; i < first + count; i++) ends.push(chunks.at(i) + chunks.size(i));
    return { ends, hexes: chunks.hexes(first, first + count).join("") };
  }

  /**
   * What a tree differs from the lowest layers in.
   *
   * @param looked the tree, whose files were compared with the chunks in all layers
   * @param layers how many
   * @returns `undefined` where layers cannot say it: a name is too long to be taken away
   */
  async contentOn(
    looked: LookedEntries,
    layers: number,
    pace: Pace,
  ): Promise<TopContent | undefined> {
    const gone = await this.#goneFrom(looked, layers, pace);
    if (gone === undefined) return undefined;
    const wanted = new Uint8Array(looked.length);
    for (const path of gone.keys()) want(path, looked, wanted);
    for (let i = 0; i < looked.length; i++) {
      if (pace.due()) await pace.breathe();
      if (!this.#has(i, looked, layers)) want(looked.path(i), looked, wanted);
    }
    const entries: number[] = [];
    for (const [i, is] of wanted.entries()) if (is === 1) entries.push(i);
    return { entries, gone };
  }

  /** Whether the lowest layers have an entry as it is. */
  #has(i: number, looked: LookedEntries, layers: number): boolean {
    const path = looked.path(i);
    const place = this.#at(path, layers);
    if (place === undefined || place === NO_ROW) return false;
    const [table, row] = this.#rowAt(place);
    const [type, size] = [looked.type(i), looked.size(i)];
    // A hard link is never the same: the file that it names may not stay.
    if (table.type(row) !== type || table.mode(row) !== looked.mode(i)) return false;
    if (table.mtime(row) !== looked.mtime(i)) return false;
    if (type === "symlink") return table.linkTarget(row) === looked.linkTarget(i);
    if (type !== "file") return true;
    if (table.size(row) !== size) return false;
    if (size === 0) return looked.hex(i) === EMPTY_HEX;
    if (table.chunkCount(row) === 1) {
      return table.chunks.digest(table.firstChunk(row)) === `sha256:${looked.hex(i)}`;
    }
    // The digest of a file of several chunks is a claim of its table: only the chunks tell. They were compared with
    // those that all layers have.
    return looked.isCutSo(i) && place === this.#all.get(path);
  }

  /** What is in the lowest layers and not in a tree: of a directory that is gone, nothing below it is named. */
  async #goneFrom(
    looked: LookedEntries,
    layers: number,
    pace: Pace,
  ): Promise<Map<string, string[]> | undefined> {
    const gone = new Map<string, Set<string>>();
    for (const path of this.#paths(layers)) {
      if (pace.due()) await pace.breathe();
      if (looked.has(path)) continue;
      const slash = path.lastIndexOf("/");
      const directory = path.slice(0, Math.max(0, slash));
      // What is no directory any more takes all that was in it away.
      if (slash > 0 && !looked.isDirectory(directory)) continue;
      if (this.#at(path, layers) === undefined) continue;
      const name = path.slice(slash + 1);
      if (!canGo(name)) return undefined;
      const names = gone.get(directory);
      if (names === undefined) gone.set(directory, new Set([name]));
      else names.add(name);
    }
    return new Map([...gone].map(([directory, names]) => [directory, [...names].sort()]));
  }

  #rowAt(place: Place): [table: Table, row: number] {
    return [this.#tables[Math.floor(place / ROWS)]!, place % ROWS];
  }
}

/**
 * Wants an entry, and the directories that it is in: a program that applies a layer may make those that it does not
 * find there with permissions of its own.
 */
function want(path: string, looked: LookedEntries, wanted: Uint8Array): void {
  for (let at = path; at !== "";) {
    const i = looked.at(at);
    if (wanted[i] === 1) return;
    wanted[i] = 1;
    at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
  }
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
