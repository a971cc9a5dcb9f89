/**
 * Compares a tar with its table while it is read: the same entries in the same order, the same content at
 * the same places. A table that lies about the tar would show one tree to a reader of single files and
 * another to a pull. So a pull, which has the whole layer, makes sure that there is only one.
 *
 * @module
 */

import { Digester } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { counted, quote } from "../../text/printable.ts";
import type { Entry } from "../entry.ts";
import type { Table } from "../table/table.ts";
import type { TarHandler } from "../tar/tar_reader.ts";
import { isStatable, statableTime, TOC_NAME } from "../toc.ts";

function disagreement(why: string): BlobberError {
  return new BlobberError(
    "integrity",
    `the table of contents and the tar of the layer disagree: ${why}`,
    { hint: "the artifact shows different trees to different readers; do not use it" },
  );
}

/** A handler for the tar reader that knows what must come. */
export class TableCheck implements TarHandler {
  readonly #table: Table;
  readonly #byPosition: boolean;
  /** The row that must come next. */
  #next = 0;
  #isTable = false;
  /** Where in the tar members must begin for the chunks in them to be where the tar has the file. */
  readonly #expected = new Map<number, number>();
  #member = -1;
  #memberStart = 0;

  /** Where content is compared chunk by chunk: which one, and how much of it is to come. */
  #chunk: { index: number; left: number; digester: Digester } | undefined;

  /**
   * @param table what must come
   * @param by how content is compared: `positions` when another part checks the chunks where the table
   * says that they are, and reports the segments; `digests` when none does
   */
  constructor(table: Table, by: "positions" | "digests") {
    this.#table = table;
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
      throw disagreement(
        `the member at ${member} begins at ${position} of the tar, expected ${expected}`,
      );
    }
  }

  /** As {@linkcode TarHandler.entry}. */
  entry(entry: Entry, dataStart: number): void {
    const i = this.#next;
    const table = this.#table;
    const known = i < table.length;
    if (!known && entry.path === TOC_NAME && !this.#isTable) {
      this.#isTable = true;
      return;
    }
    if (!known || this.#isTable) throw disagreement(`${quote(entry.path)} is in the tar only`);
    this.#next++;
    if (
      table.path(i) !== entry.path || table.type(i) !== entry.type ||
      table.size(i) !== entry.size || table.mode(i) !== entry.mode ||
      table.linkTarget(i) !== entry.linkTarget ||
      !agree(table.mtime(i), entry.mtime)
    ) throw disagreement(`${inWords(entry)} in the tar is ${inWords(table.entry(i))} in the table`);
    if (!this.#byPosition) return this.#beginChunk(table.firstChunk(i));
    const { chunks } = table;
    const first = table.firstChunk(i);
    for (let chunk = first; chunk < first + table.chunkCount(i); chunk++) {
      const start = dataStart + chunks.shift(chunk);
      const member = chunks.member(chunk);
      if (member !== this.#member) this.#expected.set(member, start);
      else if (start !== this.#memberStart) {
        throw disagreement(`${quote(entry.path)} is elsewhere in the tar`);
      }
    }
  }

  /** As {@linkcode TarHandler.data}. */
  data(bytes: Uint8Array): void {
    for (let at = 0; this.#chunk !== undefined && at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#chunk.left);
      this.#chunk.digester.update(part);
      this.#chunk.left -= part.length;
      at += part.length;
      if (this.#chunk.left === 0) this.#endChunk(this.#chunk);
    }
  }

  /** As {@linkcode TarHandler.fileEnd}. */
  fileEnd(): void {}

  /** Begins a chunk, if it is one of the current row. */
  #beginChunk(index: number): void {
    const { chunks } = this.#table;
    const is = index < chunks.length && chunks.row(index) === this.#next - 1;
    this.#chunk = is ? { index, left: chunks.size(index), digester: new Digester() } : undefined;
  }

  #endChunk({ index, digester }: { index: number; digester: Digester }): void {
    const chunk = this.#table.chunks.get(index);
    const actual = digester.digest();
    if (actual !== chunk.digest) {
      const path = this.#table.path(this.#next - 1);
      throw disagreement(`bytes at ${chunk.at} of ${quote(path)} have the digest ${actual}`);
    }
    this.#beginChunk(index + 1);
  }

  /** The tar has ended. */
  end(): void {
    if (this.#next < this.#table.length) {
      throw disagreement(`${quote(this.#table.path(this.#next))} is in the table only`);
    }
    if (this.#expected.size > 0) {
      throw disagreement("chunks of the table are not where members begin");
    }
  }
}

/** Whether the time in a table is that in a tar. */
function agree(table: number, tar: number): boolean {
  // Writers round fractions of a second to the table and cut them in the tar.
  if (Math.abs(table - tar) <= 1) return true;
  // Of a time that a row cannot state a writer states none, or the nearest.
  return !isStatable(tar) && (table === 0 || table === statableTime(tar));
}

function inWords({ path, type, size, mode, linkTarget }: Entry): string {
  const target = linkTarget === undefined ? "" : ` to ${quote(linkTarget)}`;
  return `${quote(path)} (${type}${target}, ${counted(size, "byte")}, mode ${mode.toString(8)})`;
}
