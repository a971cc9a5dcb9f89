/**
 * The tree of an image of one layer whose names are in order, which most are: the table itself, in which
 * everything is found by bisection.
 *
 * @module
 */

import type { UnpackLimits } from "../../options.ts";
import type { Pace } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";
import { Budget } from "../budget.ts";
import { type Directories, exactly, firstFrom, type Ordinary, ordinary } from "./ordered_names.ts";
import type { Table } from "../table/table.ts";
import { isFile, type PlacedDirectory, type PlacedTree, type Total } from "./placed_tree.ts";

/** Comes behind every name that may follow a slash. */
const BEHIND_SLASH = "0";

/** A table that needs no {@linkcode Tree}. */
export class OrderedTree implements PlacedTree {
  readonly root = undefined;
  readonly table: Table;
  /** Of each row that is a hard link, the row of its file. */
  readonly fileRows: ReadonlyMap<number, number>;
  readonly #directories: Directories;
  readonly #bytes: number;

  private constructor(table: Table, { directories, files }: Ordinary, bytes: number) {
    this.table = table;
    this.fileRows = files;
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
    const budget = new Budget(limits);
    for (let i = 0; i < table.length; i++) {
      if (pace.due()) await pace.breathe();
      budget.spend(table.names[i]!, table.size(i), table.linkTarget(i));
    }
    const found = await ordinary(table, budget, pace);
    return found && new OrderedTree(table, found, budget.bytes);
  }

  /** As {@linkcode PlacedTree.get}. */
  get(path: string): { entry: Entry } | undefined {
    const { names } = this.table;
    const i = exactly(names, path) ?? exactly(names, `${path}/`);
    return i === undefined ? undefined : { entry: this.table.entry(i) };
  }

  /** As {@linkcode PlacedTree.isDirectory}. */
  isDirectory(path: string): boolean {
    if (path === "") return true;
    const prefix = `${path}/`;
    return this.table.names[firstFrom(this.table.names, prefix)]?.startsWith(prefix) ?? false;
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
    const directories = this.#directories;
    return Array.from({ length: directories.length }, (_, i) => {
      const row = directories.row(i);
      return {
        path: directories.path(i),
        entry: row === undefined ? undefined : this.table.entry(row),
      };
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
  total(): Total {
    const { table } = this;
    let files = 0;
    for (let i = 0; i < table.length; i++) if (isFile(table.type(i))) files++;
    return { entries: table.length, files, bytes: this.#bytes };
  }
}
