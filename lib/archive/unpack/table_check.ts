/**
 * Compares a tar with its table while it is read: the same entries in the same order, the same content at
 * the same places. Row 61: a table that lies about the tar shows one tree to who reads single files and
 * another to who unpacks; whoever has all of the layer sees to it that there is one.
 *
 * @module
 */

import { Digester } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import type { Entry } from "../entry.ts";
import type { Row, Table } from "../read/table.ts";
import type { TarHandler } from "../read/tar_reader.ts";
import { TOC_NAME } from "../toc.ts";

function lie(why: string): never {
  throw new BlobberError(
    "integrity",
    `the table of contents and the tar of the layer disagree: ${why}`,
    { hint: "the artifact shows different trees to different readers; do not use it" },
  );
}

/** A handler for the tar reader that knows what must come. */
export class TableCheck implements TarHandler {
  readonly #rows: Row[];
  readonly #byPosition: boolean;
  #next = 0;
  #isTable = false;
  #row: Row | undefined;
  /** Of files in several chunks: the digest of the whole, which no chunk shows. */
  #whole: Digester | undefined;
  /** Where in the tar members must begin for the chunks in them to be where the tar has the file. */
  readonly #expected = new Map<number, number>();
  #member = -1;
  #memberStart = 0;

  /** Where content is compared chunk by chunk: which one, and how much of it is to come. */
  #chunk: { index: number; left: number; digester: Digester } | undefined;

  /**
   * @param table what must come
   * @param by how content is compared: `positions` when somebody else checks the chunks where the table
   * says that they are, and the segments are told; `digests` when nobody does
   */
  constructor(table: Table, by: "positions" | "digests") {
    this.#rows = table.rows;
    this.#byPosition = by === "positions";
  }

  /**
   * A segment of the layer begins.
   *
   * @param member where in the layer
   * @param position where in the tar
   */
  segment(member: number, position: number): void {
    this.#member = member;
    this.#memberStart = position;
    const expected = this.#expected.get(member);
    this.#expected.delete(member);
    if (expected !== undefined && expected !== position) {
      lie(`the member at ${member} begins at ${position} of the tar, expected ${expected}`);
    }
  }

  /** As {@linkcode TarHandler.entry}. */
  entry(entry: Entry, dataStart: number): void {
    const row = this.#rows[this.#next];
    if (row === undefined && entry.path === TOC_NAME && !this.#isTable) {
      this.#isTable = true;
      return;
    }
    if (row === undefined || this.#isTable) lie(`${quote(entry.path)} is in the tar only`);
    this.#next++;
    const other = row.entry;
    if (
      other.path !== entry.path || other.type !== entry.type || other.size !== entry.size ||
      other.mode !== entry.mode || other.linkTarget !== entry.linkTarget ||
      // Writers round fractions of a second to the table and cut them in the tar.
      Math.abs(other.mtime - entry.mtime) > 1
    ) lie(`${describe(entry)} in the tar is ${describe(other)} in the table`);
    this.#row = row;
    this.#whole = row.chunkCount > 1 && row.digest !== undefined ? new Digester() : undefined;
    if (!this.#byPosition) return this.#beginChunk(0);
    const { columns, first, chunkCount } = row;
    for (let i = first; i < first + chunkCount; i++) {
      const start = dataStart + columns.shift(i);
      const member = columns.member(i);
      if (member !== this.#member) this.#expected.set(member, start);
      else if (start !== this.#memberStart) lie(`${quote(entry.path)} is elsewhere in the tar`);
    }
  }

  /** As {@linkcode TarHandler.data}. */
  data(bytes: Uint8Array): void {
    this.#whole?.update(bytes);
    for (let at = 0; this.#chunk !== undefined && at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#chunk.left);
      this.#chunk.digester.update(part);
      this.#chunk.left -= part.length;
      at += part.length;
      if (this.#chunk.left === 0) this.#endChunk(this.#chunk);
    }
  }

  /** As {@linkcode TarHandler.fileEnd}. */
  fileEnd(): void {
    const actual = this.#whole?.digest();
    if (actual !== undefined && actual !== this.#row!.digest) {
      lie(`${quote(this.#row!.entry.path)} has the digest ${actual}, not ${this.#row!.digest}`);
    }
    this.#whole = undefined;
  }

  #beginChunk(index: number): void {
    const chunk = this.#row!.chunks[index];
    this.#chunk = chunk && { index, left: chunk.size, digester: new Digester() };
  }

  #endChunk({ index, digester }: { index: number; digester: Digester }): void {
    const chunk = this.#row!.chunks[index]!;
    const actual = digester.digest();
    if (actual !== chunk.digest) {
      lie(`bytes at ${chunk.at} of ${quote(this.#row!.entry.path)} have the digest ${actual}`);
    }
    this.#beginChunk(index + 1);
  }

  /** The tar has ended. */
  end(): void {
    const missing = this.#rows[this.#next];
    if (missing !== undefined) lie(`${quote(missing.entry.path)} is in the table only`);
    if (this.#expected.size > 0) lie("chunks of the table are not where members begin");
  }
}

function describe({ path, type, size, mode, linkTarget }: Entry): string {
  const target = linkTarget === undefined ? "" : ` to ${quote(linkTarget)}`;
  return `${quote(path)} (${type}${target}, ${size} bytes, mode ${mode.toString(8)})`;
}
