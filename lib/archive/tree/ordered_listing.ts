/**
 * The listing of one layer whose names are in order: everything is found by bisection, and no tree is made.
 *
 * @module
 */

import type { CallOptions } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import { sorted } from "../../system/sorted.ts";
import type { Entry } from "../entry.ts";
import type { Budget } from "../budget.ts";
import { ENTRIES_AT_A_TIME, type EntriesOptions, type Listed, type Listing } from "./listing.ts";
import { exactly, firstFrom, type Ordinary, ordinary } from "./ordered_names.ts";
import type { Located, NamedTable, Table } from "../table/table.ts";

/** Comes behind every name that may follow a slash. */
const BEHIND_SLASH = "0";
/** Rows of which one is read by itself, if they are asked for: it takes as long as so many of the whole table. */
const FEW = 16;

/** A table that needs no tree. */
export class OrderedListing<T> implements Listing<T> {
  /** All of it, once it was read: a row of that is found in no time. */
  #table: NamedTable;
  readonly #files: Ordinary["files"];
  readonly #contentOf: (located: Located) => T;
  #whole: Promise<Table> | undefined;

  private constructor(
    table: NamedTable,
    files: Ordinary["files"],
    contentOf: (located: Located) => T,
  ) {
    this.#table = table;
    this.#files = files;
    this.#contentOf = contentOf;
  }

  /**
   * The listing of a table.
   *
   * @param table of the image's only layer
   * @param contentOf what to keep with a row
   * @param how the budget that the table's entries were counted in, and the pace of the caller
   * @returns `undefined` when anything about it is out of the ordinary: a tree can tell what
   * @throws {BlobberError} `limit`
   */
  static async of<T>(
    table: NamedTable,
    contentOf: (located: Located) => T,
    { budget, pace }: { budget: Budget; pace: Pace },
  ): Promise<OrderedListing<T> | undefined> {
    const found = await ordinary(table, budget, pace);
    return found && new OrderedListing(table, found.files, contentOf);
  }

  /** As {@linkcode Listing.get}. */
  get(path: string): Listed<T> | undefined {
    const i = this.#find(path);
    if (i === undefined) return undefined;
    const found = this.#table.locate(i);
    const file = this.#files.get(i);
    const content = file === undefined ? found : this.#table.locate(file);
    return { entry: found.row.entry, content: this.#contentOf(content) };
  }

  /** As {@linkcode Listing.isDirectory}. */
  isDirectory(path: string): boolean {
    if (path === "") return true;
    const prefix = `${path}/`;
    return this.#table.names[firstFrom(this.#table.names, prefix)]?.startsWith(prefix) ?? false;
  }

  /** As {@linkcode Listing.linkAt}. */
  linkAt(path: string): string | undefined {
    const i = exactly(this.#table.names, path);
    if (i === undefined || this.#table.type(i) !== "symlink") return undefined;
    return this.#table.linkTarget(i);
  }

  /** As {@linkcode Listing.entries}. Few of many are read one by one, others with the whole table. */
  async *entries(
    { signal, below = "" }: EntriesOptions,
  ): AsyncGenerator<Entry[], void> {
    const { names } = this.#table;
    const first = below === "" ? 0 : firstFrom(names, `${below}/`);
    const end = below === "" ? names.length : firstFrom(names, `${below}${BEHIND_SLASH}`);
    const isFew = end - first < names.length / FEW;
    const table = isFew ? undefined : await this.#all({ signal });
    const pace = new Pace(signal);
    const paths = Array.from({ length: end - first }, (_, i) => this.#table.path(first + i));
    const order = await sorted([...paths.keys()], pace, (a, b) => paths[a]! < paths[b]! ? -1 : 1);
    for (let at = 0; at < order.length; at += ENTRIES_AT_A_TIME) {
      if (pace.due(ENTRIES_AT_A_TIME)) await pace.breathe();
      yield order.slice(at, at + ENTRIES_AT_A_TIME).map((i) =>
        table?.entry(first + i) ?? this.#table.locate(first + i).row.entry
      );
    }
  }

  /** All rows, read once. */
  #all(options: CallOptions): Promise<Table> {
    if (this.#whole !== undefined) return this.#whole;
    const reading = this.#whole = this.#table.whole(options);
    reading.then((table) => void (this.#table = table), () => {
      this.#whole = undefined; // one that was stopped is nothing for the next caller
    });
    return reading;
  }

  /** As {@linkcode Listing.paths}. */
  async paths({ signal }: CallOptions): Promise<string[]> {
    return await sorted(
      Array.from(this.#table.names, (_, i) => this.#table.path(i)),
      new Pace(signal),
    );
  }

  /** As {@linkcode Listing.emptied}: where nothing was taken away, names imply all. */
  *emptied(): Generator<string> {}

  #find(path: string): number | undefined {
    const { names } = this.#table;
    return exactly(names, path) ?? exactly(names, `${path}/`);
  }
}
