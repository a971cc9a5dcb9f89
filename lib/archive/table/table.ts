/**
 * A table of contents that was checked: every row is safe, and the chunks of the files cover them without
 * a gap, in the order of the layer. Rows stand in columns and become objects on demand.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import type { Entry, EntryType } from "../entry.ts";
import type { CallOptions } from "../../store.ts";
import { ChunkColumns } from "./chunk_columns.ts";
import { grown } from "./columns.ts";

/** An entry, and where its content is. */
export class Row {
  readonly entry: Entry;
  /** The table's chunks, which of them is this file's first, and how many are. */
  readonly columns: ChunkColumns;
  readonly first: number;
  readonly chunkCount: number;
  readonly #stated: Digest | boolean;

  /** @param stated digest of the whole file; `true` when it is that of the only chunk */
  constructor(
    entry: Entry,
    columns: ChunkColumns,
    first: number,
    chunkCount: number,
    stated: Digest | boolean,
  ) {
    this.entry = entry;
    this.columns = columns;
    this.first = first;
    this.chunkCount = chunkCount;
    this.#stated = stated;
  }

  /** Digest of the whole file, where the table states it. */
  get digest(): Digest | undefined {
    if (typeof this.#stated === "string") return this.#stated;
    return this.#stated ? this.columns.digest(this.first) : undefined;
  }
}

/** A row, and where the members begin that hold its chunks, with what follows the last. */
export interface Located {
  row: Row;
  members: readonly number[];
}

/** A table as far as single rows of it are read. */
export interface NamedTable {
  /** Names as archives have them, a directory's with a slash behind it, in the order of the layer. */
  readonly names: readonly string[];
  /** What an entry is. */
  type(i: number): EntryType;
  /** Path of an entry. */
  path(i: number): string;
  /** Target of a link. */
  linkTarget(i: number): string | undefined;
  /** A row. Made anew each time. */
  locate(i: number): Located;
  /** All of it, with every row checked. */
  whole(options: CallOptions): Promise<Table>;
}

/** The kinds of entry, by the numbers that stand for them in a column. */
const TYPES: readonly EntryType[] = [
  "file",
  "directory",
  "symlink",
  "hardlink",
  "char",
  "block",
  "fifo",
];
const DIRECTORY = TYPES.indexOf("directory");
/** Beside a type: that the digest of the file is that of its only chunk. */
const SAME_DIGEST = 0x10;
const TYPE_BITS = 0x0f;
const FIRST_ROOM = 4096;

/** A checked table. */
export class Table implements NamedTable {
  readonly chunks: ChunkColumns = new ChunkColumns();
  /** Where members begin that hold chunks, ascending. */
  readonly members: number[] = [];
  /** As {@linkcode NamedTable.names}. */
  readonly names: string[] = [];
  #kinds = new Uint8Array(FIRST_ROOM);
  #modes = new Uint16Array(FIRST_ROOM);
  #sizes = new Float64Array(FIRST_ROOM);
  #mtimes = new Float64Array(FIRST_ROOM);
  /** Of each row the first chunk, or the one that would be. */
  #firsts = new Int32Array(FIRST_ROOM);
  readonly #targets = new Map<number, string>();
  readonly #digests = new Map<number, Digest>();

  /** How many rows there are. */
  get length(): number {
    return this.names.length;
  }

  /**
   * Adds a row; its chunks follow it.
   *
   * @param entry checked, but for chunks; only its fields are kept
   * @param stated digest of the whole file; `true` when it is that of the only chunk
   */
  push(entry: Entry, stated: Digest | boolean): void {
    const i = this.names.length;
    if (i === this.#kinds.length) this.#grow();
    const { path, type, mode, size, mtime, linkTarget } = entry;
    this.names.push(type === "directory" ? `${path}/` : path);
    this.#kinds[i] = TYPES.indexOf(type) | (stated === true ? SAME_DIGEST : 0);
    this.#modes[i] = mode;
    this.#sizes[i] = size;
    this.#mtimes[i] = mtime;
    this.#firsts[i] = this.chunks.length;
    if (linkTarget !== undefined) this.#targets.set(i, linkTarget);
    if (typeof stated === "string") this.#digests.set(i, stated);
  }

  /** As {@linkcode NamedTable.type}. */
  type(i: number): EntryType {
    return TYPES[this.#kinds[i]! & TYPE_BITS]!;
  }

  /** As {@linkcode NamedTable.path}. */
  path(i: number): string {
    const name = this.names[i]!;
    return (this.#kinds[i]! & TYPE_BITS) === DIRECTORY ? name.slice(0, -1) : name;
  }

  /** Bytes of an entry. */
  size(i: number): number {
    return this.#sizes[i]!;
  }

  /** Permission bits of an entry. */
  mode(i: number): number {
    return this.#modes[i]!;
  }

  /** When an entry was changed, in seconds since 1970; 0 when the table does not say. */
  mtime(i: number): number {
    return this.#mtimes[i]!;
  }

  /** As {@linkcode NamedTable.linkTarget}. */
  linkTarget(i: number): string | undefined {
    return this.#targets.get(i);
  }

  /** Which rows are links, of either kind. */
  get linkRows(): Iterable<number> {
    return this.#targets.keys();
  }

  /** Digest of a whole file, where the table states it. */
  digest(i: number): Digest | undefined {
    const stated = this.#digests.get(i);
    if (stated !== undefined || (this.#kinds[i]! & SAME_DIGEST) === 0) return stated;
    return this.chunks.digest(this.#firsts[i]!);
  }

  /** The first chunk of a row, or the one that would be. */
  firstChunk(i: number): number {
    return this.#firsts[i]!;
  }

  /** How many chunks a row has. */
  chunkCount(i: number): number {
    const next = i + 1 < this.length ? this.#firsts[i + 1]! : this.chunks.length;
    return next - this.#firsts[i]!;
  }

  /** An entry. Made anew each time. */
  entry(i: number): Entry {
    const entry: Entry = {
      path: this.path(i),
      type: this.type(i),
      size: this.#sizes[i]!,
      mode: this.#modes[i]!,
      mtime: this.#mtimes[i]!,
    };
    const linkTarget = this.#targets.get(i);
    if (linkTarget !== undefined) entry.linkTarget = linkTarget;
    return entry;
  }

  /** A row. Made anew each time. */
  row(i: number): Row {
    const stated = this.#digests.get(i) ?? (this.#kinds[i]! & SAME_DIGEST) !== 0;
    return new Row(this.entry(i), this.chunks, this.#firsts[i]!, this.chunkCount(i), stated);
  }

  /** As {@linkcode NamedTable.locate}. */
  locate(i: number): Located {
    return { row: this.row(i), members: this.members };
  }

  /** As {@linkcode NamedTable.whole}. */
  whole(): Promise<Table> {
    return Promise.resolve(this);
  }

  #grow(): void {
    const room = this.#kinds.length * 2;
    this.#kinds = grown(this.#kinds, new Uint8Array(room));
    this.#modes = grown(this.#modes, new Uint16Array(room));
    this.#sizes = grown(this.#sizes, new Float64Array(room));
    this.#mtimes = grown(this.#mtimes, new Float64Array(room));
    this.#firsts = grown(this.#firsts, new Int32Array(room));
  }
}
