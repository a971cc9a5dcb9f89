/**
 * The tree of an image of one layer whose names are in order, which most are: the table itself, in which
 * everything is found by bisection.
 *
 * @module
 */

import type { UnpackLimits } from "../../options.ts";
import type { Pace } from "../../pace.ts";
import type { Entry } from "../entry.ts";
import { Budget } from "../read/budget.ts";
import {
  type Directories,
  exactly,
  firstFrom,
  ordinaryDirectories,
} from "../read/ordered_names.ts";
import type { Table } from "../read/table.ts";
import type { PlacedDirectory, PlacedTree } from "./placed_tree.ts";

/** Comes behind every name that may follow a slash. */
const BEHIND_SLASH = "0";

/** A table that needs no {@linkcode Tree}. */
export class OrderedTree implements PlacedTree {
  readonly root = undefined;
  readonly table: Table;
  readonly #directories: Directories;
  readonly #bytes: number;

  private constructor(table: Table, directories: Directories, bytes: number) {
    this.table = table;
    this.#directories = directories;
    this.#bytes = bytes;
  }

  /**
   * The tree of a table.
   *
   * @param table of the image's only layer
   * @param limits how much is accepted
   * @param pace of the caller
   * @returns `undefined` when anything about the names is out of the ordinary
   * @throws {BlobberError} `limit`
   */
  static async of(
    table: Table,
    limits: UnpackLimits,
    pace: Pace,
  ): Promise<OrderedTree | undefined> {
    const directories = await ordinaryDirectories(table, pace);
    if (directories === undefined) return undefined;
    const budget = new Budget(limits);
    for (let i = 0; i < table.length; i++) budget.spend(table.names[i]!, table.size(i));
    return new OrderedTree(table, directories, budget.bytes);
  }

  /** As {@linkcode PlacedTree.get}. */
  get(path: string): { entry: Entry } | undefined {
    const { names } = this.table;
    const i = exactly(names, path) ?? exactly(names, `${path}/`);
    return i === undefined ? undefined : { entry: this.table.entry(i) };
  }

  /** As {@linkcode PlacedTree.isDirectory}. */
  isDirectory(path: string): boolean {
    return path === "" || this.#directories.has(path);
  }

  /** As {@linkcode PlacedTree.childrenOf}. */
  *childrenOf(path: string): Generator<string> {
    const { names } = this.table;
    const prefix = path === "" ? "" : `${path}/`;
    let i = firstFrom(names, prefix);
    if (names[i] === prefix) i++; // its own name
    while (i < names.length && names[i]!.startsWith(prefix)) {
      const rest = names[i]!.slice(prefix.length);
      const slash = rest.indexOf("/");
      const name = slash < 0 ? rest : rest.slice(0, slash);
      yield name;
      i = slash < 0 ? i + 1 : firstFrom(names, prefix + name + BEHIND_SLASH);
    }
  }

  /** As {@linkcode PlacedTree.directories}. */
  directories(): PlacedDirectory[] {
    return Array.from(this.#directories, ([path, i]) => {
      return { path, entry: i === undefined ? undefined : this.table.entry(i) };
    });
  }

  /** As {@linkcode PlacedTree.links}. */
  links(): Map<string, string> {
    const links = new Map<string, string>();
    const { table } = this;
    for (const i of table.linkRows) {
      if (table.type(i) === "symlink") links.set(table.path(i), table.linkTarget(i)!);
    }
    return links;
  }

  /** As {@linkcode PlacedTree.total}. */
  total(): { entries: number; bytes: number } {
    return { entries: this.table.length, bytes: this.#bytes };
  }
}
