/**
 * The listing of one layer whose names are in order: everything is found by bisection, and no tree is made.
 *
 * @module
 */

import type { CallOptions } from "../../store.ts";
import type { Pace } from "../../pace.ts";
import type { Entry } from "../entry.ts";
import type { Listed, Listing } from "./listing.ts";
import { exactly, firstFrom, ordinaryDirectories } from "./ordered_names.ts";
import type { Located, NamedTable } from "./table.ts";

/** A table that needs no tree. */
export class OrderedListing<T> implements Listing<T> {
  readonly #table: NamedTable;
  readonly #contentOf: (located: Located) => T;

  private constructor(table: NamedTable, contentOf: (located: Located) => T) {
    this.#table = table;
    this.#contentOf = contentOf;
  }

  /**
   * The listing of a table.
   *
   * @param table of the image's only layer
   * @param contentOf what to keep with a row
   * @param pace of the caller
   * @returns `undefined` when anything about it is out of the ordinary: a tree can tell what
   */
  static async of<T>(
    table: NamedTable,
    contentOf: (located: Located) => T,
    pace: Pace,
  ): Promise<OrderedListing<T> | undefined> {
    const ordinary = await ordinaryDirectories(table, pace) !== undefined;
    return ordinary ? new OrderedListing(table, contentOf) : undefined;
  }

  /** As {@linkcode Listing.get}. */
  get(path: string): Listed<T> | undefined {
    const i = this.#find(path);
    if (i === undefined) return undefined;
    const found = this.#table.locate(i);
    return { entry: found.row.entry, content: this.#contentOf(this.#fileOf(found)) };
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
    return this.#table.locate(i).row.entry.linkTarget;
  }

  /** As {@linkcode Listing.entries}. */
  async entries(options: CallOptions): Promise<Entry[]> {
    const table = await this.#table.whole(options);
    const entries = Array.from(table.names, (_, i) => table.entry(i));
    return entries.sort((a, b) => a.path < b.path ? -1 : 1);
  }

  /** As {@linkcode Listing.paths}. */
  paths(): string[] {
    return Array.from(this.#table.names, (_, i) => this.#table.path(i)).sort();
  }

  #find(path: string): number | undefined {
    const { names } = this.#table;
    return exactly(names, path) ?? exactly(names, `${path}/`);
  }

  #fileOf(found: Located): Located {
    while (found.row.entry.type === "hardlink") {
      found = this.#table.locate(exactly(this.#table.names, found.row.entry.linkTarget!)!);
    }
    return found;
  }
}
