/**
 * The listing of one layer whose table is in the order in which blobber and most others write: by name, a
 * directory's with a slash behind it. There everything is found by bisection, and that each name is there
 * once and below directories only is seen by passing over the names once: no tree is made of it.
 *
 * @module
 */

import type { CallOptions } from "../../store.ts";
import type { Entry } from "../entry.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import type { Listed, Listing } from "./listing.ts";
import type { Located, NamedTable } from "./table.ts";

/** What a name that has a meaning among layers begins with. */
const WHITEOUT = ".wh.";

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
   * @returns `undefined` when anything about it is out of the ordinary: a tree can tell what
   */
  static of<T>(
    table: NamedTable,
    contentOf: (located: Located) => T,
  ): OrderedListing<T> | undefined {
    return isOrdinary(table) ? new OrderedListing(table, contentOf) : undefined;
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

function isOrdinary(table: NamedTable): boolean {
  const { names } = table;
  for (const own of [...LANDMARKS, TOC_NAME]) if (exactly(names, own) !== undefined) return false;
  const directories = new Set<string>([""]);
  let before = "";
  let last = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (!(name > before) || name === "/" || name.includes(WHITEOUT)) return false;
    before = name;
    const type = table.type(i);
    if (type === "hardlink" && !isFileBefore(table, i)) return false;
    const end = type === "directory" ? name.length - 1 : name.lastIndexOf("/");
    // Most entries follow one of the same directory.
    if (end === last.length && name.startsWith(last)) continue;
    last = name.slice(0, Math.max(0, end));
    if (!areDirectories(names, last, directories)) return false;
  }
  return true;
}

/** Whether nothing else stands where a path and all that is above it must be directories. */
function areDirectories(names: readonly string[], path: string, known: Set<string>): boolean {
  for (let at = path; !known.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    if (exactly(names, at) !== undefined) return false;
    known.add(at);
  }
  return true;
}

/** Whether a hard link names a file before it. */
function isFileBefore(table: NamedTable, link: number): boolean {
  const i = exactly(table.names, table.locate(link).row.entry.linkTarget!);
  if (i === undefined || i >= link) return false;
  const type = table.type(i);
  return type === "file" || type === "hardlink";
}

/** Where a name stands. */
function exactly(names: readonly string[], name: string): number | undefined {
  const i = firstFrom(names, name);
  return names[i] === name ? i : undefined;
}

/** Index of the first name that is not smaller. */
function firstFrom(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
