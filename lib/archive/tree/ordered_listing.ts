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
import type { Listed, Listing } from "./listing.ts";
import { exactly, firstFrom, type Ordinary, ordinary } from "./ordered_names.ts";
import type { Located, NamedTable } from "../table/table.ts";

/** A table that needs no tree. */
export class OrderedListing<T> implements Listing<T> {
  readonly #table: NamedTable;
  readonly #files: Ordinary["files"];
  readonly #contentOf: (located: Located) => T;

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

  /** As {@linkcode Listing.entries}. */
  async entries(options: CallOptions): Promise<Entry[]> {
    const table = await this.#table.whole(options);
    const pace = new Pace(options.signal);
    const entries: Entry[] = [];
    for (let i = 0; i < table.length; i++) {
      if (pace.due()) await pace.breathe();
      entries.push(table.entry(i));
    }
    return await sorted(entries, pace, (a, b) => a.path < b.path ? -1 : 1);
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
