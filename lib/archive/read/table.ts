/**
 * A table of contents, parsed and checked: every row is safe, and the chunks of the files cover them
 * without a gap, in the order of the layer.
 *
 * @module
 */

import { asciiText, type Chunk, ChunkColumns } from "./chunk_columns.ts";
import { asDigest, type Digest, isDigest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_CHUNK_BYTES, MAX_LISTED_ENTRIES, MAX_MEMBER_BYTES } from "../../limits.ts";
import { Pace } from "../../pace.ts";
import { quote } from "../../printable.ts";
import type { CallOptions } from "../../store.ts";
import type { Entry } from "../entry.ts";
import { checkPath } from "../safe_path.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import { OtherForm, type RawRow, TocLines } from "./toc_lines.ts";
import { scanToc } from "./toc_scan.ts";

export type { Chunk } from "./chunk_columns.ts";

/** An entry, and where its content is. */
export class Row {
  readonly entry: Entry;
  /** Whether it is the format's own and no content. */
  readonly hidden: boolean;
  /** The table's chunks, which of them is this file's first, and how many are. */
  readonly columns: ChunkColumns;
  readonly first: number;
  chunkCount = 0;
  /** Digest of the whole file, where the table states it and it is not that of the only chunk. */
  #digest: Digest | undefined;
  #stated: boolean;

  /** @param digest that of the whole file; `true` when it is that of the only chunk */
  constructor(entry: Entry, columns: ChunkColumns, digest: Digest | boolean) {
    this.entry = entry;
    this.hidden = LANDMARKS.has(entry.path) || entry.path === TOC_NAME;
    this.columns = columns;
    this.first = columns.length;
    this.#stated = digest !== false;
    this.#digest = typeof digest === "string" ? digest : undefined;
  }

  /** In order; empty for everything but a file with content. Made anew each time. */
  get chunks(): Chunk[] {
    return Array.from({ length: this.chunkCount }, (_, i) => this.columns.get(this.first + i));
  }

  /** Digest of the whole file, where the table states it. */
  get digest(): Digest | undefined {
    if (!this.#stated) return undefined;
    return this.#digest ?? `sha256:${this.columns.hex(this.first)}`;
  }
}

/** A checked table. */
export interface Table {
  /** In the order of the layer. */
  rows: Row[];
  /** Where members begin that hold chunks, ascending. */
  members: number[];
}

function fail(why: string, value?: string): never {
  const what = value === undefined ? "" : ` ${quote(value)}`;
  throw new BlobberError("invalid-archive", `invalid table of contents:${what} ${why}`);
}

/** How to parse. */
export interface ParseOptions extends CallOptions {
  /** The most entries to take. @default what an image that is only read may have */
  maxEntries?: number | undefined;
}

/**
 * Parses a table whose bytes have been checked against the digest that the manifest states.
 *
 * @param bytes plain JSON
 * @param contentEnd where in the layer the members end
 * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`, `integrity` for missing digests
 */
export async function parseTable(
  bytes: Uint8Array,
  contentEnd: number,
  options: ParseOptions = {},
): Promise<Table> {
  try {
    return await parseLines(bytes, contentEnd, options);
  } catch (error) {
    if (!(error instanceof OtherForm)) throw error;
  }
  const pace = new Pace(options.signal);
  const parser = new TableParser(contentEnd, bytes);
  const batches = scanToc(bytes);
  for (;;) {
    const { value, done } = batches.next();
    if (done) {
      if (value !== 1) fail(`its version is ${quote(value)}, expected 1`);
      return parser.end();
    }
    for (const entry of value) parser.add(entry);
    checkCount(parser, options);
    await pace.breathe();
  }
}

/** Rows between two looks at the clock. */
const BATCH_ROWS = 256;

async function parseLines(
  bytes: Uint8Array,
  contentEnd: number,
  options: ParseOptions,
): Promise<Table> {
  const pace = new Pace(options.signal);
  const lines = new TocLines(bytes);
  const parser = new TableParser(contentEnd, bytes);
  for (let count = 1; lines.next(); count++) {
    parser.add(lines.row);
    if (count % BATCH_ROWS !== 0) continue;
    checkCount(parser, options);
    await pace.breathe();
  }
  checkCount(parser, options);
  return parser.end();
}

function checkCount({ entries }: TableParser, options: ParseOptions): void {
  const { maxEntries = MAX_LISTED_ENTRIES } = options;
  if (entries <= maxEntries) return;
  throw new BlobberError(
    "limit",
    `the table of contents has more entries than allowed, expected at most ${maxEntries}`,
    { hint: "raise the limit with --max-entries if you trust the artifact" },
  );
}

class TableParser {
  readonly #contentEnd: number;
  /** The table, in which digests stand that are given by their place. */
  readonly #bytes: Uint8Array;
  readonly #columns = new ChunkColumns();
  readonly #rows: Row[] = [];
  readonly #members: number[] = [];
  /** The file whose chunks are not complete. */
  #open: Row | undefined;
  #openName = "";
  #covered = 0;
  /** Member of the last chunk, and where in it the next may begin. */
  #member = -1;
  #inner = 0;

  constructor(contentEnd: number, bytes: Uint8Array) {
    this.#contentEnd = contentEnd;
    this.#bytes = bytes;
  }

  /** Entries so far, chunks of files not counted. */
  get entries(): number {
    return this.#rows.length;
  }

  /** Takes the next row. */
  add(entry: unknown): void {
    if (entry === null || typeof entry !== "object") fail("has an entry that is no object");
    const row = entry as RawRow;
    if (typeof row.name !== "string") fail("has an entry without a name");
    if (row.type === "chunk") this.#chunk(row);
    else this.#entry(row);
  }

  /** The table, when all rows have come. */
  end(): Table {
    this.#close();
    return { rows: this.#rows, members: this.#members };
  }

  #entry(row: RawRow): void {
    this.#close();
    const type = typeOf(row);
    const size = type === "file" ? count(row.size ?? 0, "size", row) : 0;
    if (type !== "file" && row.size) fail(`is a ${type} with content`, row.name);
    const entry: Entry = {
      path: checkPath(row.name, type === "directory"),
      type,
      size,
      mode: count(row.mode ?? 0, "mode", row) & 0o777,
      mtime: mtimeOf(row),
    };
    if (type === "symlink" || type === "hardlink") {
      if (typeof row.linkName !== "string" || row.linkName === "") {
        fail("is a link without a target", row.name);
      }
      entry.linkTarget = type === "symlink" ? row.linkName : checkPath(row.linkName);
    }
    const isOpen = type === "file" && size > 0;
    const whole = isOpen && (row.chunkSize || size) === size;
    const stated = row.digest ? digest(row.digest, "digest", row) : undefined;
    if (whole && stated !== undefined) this.#checkOnly(row, stated);
    const kept = whole ? stated !== undefined : stated !== undefined && this.#textOf(stated);
    const made = new Row(entry, this.#columns, kept);
    this.#rows.push(made);
    if (!isOpen) return;
    this.#open = made;
    this.#openName = row.name;
    this.#covered = 0;
    this.#cover(row);
  }

  /** A file of one chunk may leave one of its two digests out, and may not have them differ. */
  #checkOnly(row: RawRow, stated: Digest | number): void {
    if (!row.chunkDigest || row.chunkDigest === stated) return;
    const other = this.#textOf(digest(row.chunkDigest, "chunkDigest", row));
    if (other === this.#textOf(stated)) return;
    throw new BlobberError(
      "integrity",
      `invalid table of contents: ${quote(row.name)} has two digests for the same bytes`,
    );
  }

  #textOf(digest: Digest | number): Digest {
    if (typeof digest === "string") return digest;
    return `sha256:${asciiText(this.#bytes, digest, digest + 64)}`;
  }

  #chunk(row: RawRow): void {
    if (this.#open === undefined || this.#openName !== row.name) {
      fail("is a chunk of no file before it", row.name);
    }
    this.#cover(row);
  }

  #cover(row: RawRow): void {
    const file = this.#open!;
    const at = count(row.chunkOffset ?? 0, "chunkOffset", row);
    const left = file.entry.size - this.#covered;
    const size = count(row.chunkSize ?? 0, "chunkSize", row) || left;
    const member = count(row.offset ?? 0, "offset", row);
    const inner = count(row.innerOffset ?? 0, "innerOffset", row);
    if (at !== this.#covered || size > left || size === 0) {
      fail(`has chunks that do not cover its ${file.entry.size} bytes`, row.name);
    }
    if (size > MAX_CHUNK_BYTES) {
      fail(`has a chunk of ${size} bytes, expected at most ${MAX_CHUNK_BYTES}`, row.name);
    }
    if (inner > MAX_MEMBER_BYTES - size) {
      fail(`has the innerOffset ${inner}, expected at most ${MAX_MEMBER_BYTES - size}`, row.name);
    }
    if (member >= this.#contentEnd) fail("begins behind the end of the content", row.name);
    const behind = member > this.#member || (member === this.#member && inner >= this.#inner);
    if (!behind) fail("overlaps what stands before it", row.name);
    // A file of one chunk may leave the chunk's digest out: it is the file's.
    const stated = row.chunkDigest || (size === file.entry.size ? row.digest : undefined);
    const checked = digest(stated, "chunkDigest", row);
    this.#columns.push(member, inner, at, size, checked, this.#bytes);
    if (member !== this.#member) this.#members.push(member);
    this.#member = member;
    this.#inner = inner + size;
    file.chunkCount++;
    this.#covered += size;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined && this.#covered !== open.entry.size) {
      fail(`has chunks that do not cover its ${open.entry.size} bytes`, this.#openName);
    }
  }
}

function typeOf(row: RawRow): Entry["type"] {
  switch (row.type) {
    case "dir":
      return "directory";
    case "reg":
      return "file";
    case "symlink":
    case "hardlink":
      return row.type;
  }
  return fail(
    `has the type ${quote(row.type)}, expected a file, directory or link`,
    row.name,
  );
}

function count(value: unknown, field: string, row: RawRow): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(`has the ${field} ${quote(value)}, expected a count`, row.name);
}

/** A digest, or the place of one that has been looked at. The message is made only when it is needed. */
function digest(value: unknown, what: string, row: RawRow): Digest | number {
  return typeof value === "number" || isDigest(value)
    ? value
    : asDigest(value, `${what} of ${quote(row.name)}`);
}

function mtimeOf(row: RawRow): number {
  // Go writes its zero time, year 1, for none.
  const time: unknown = row.modtime;
  if (!time || typeof time === "string" && time.startsWith("0001-")) return 0;
  const milliseconds = typeof time === "string" ? Date.parse(time) : NaN;
  if (Number.isNaN(milliseconds)) {
    fail(`has the modtime ${quote(row.modtime)}, expected RFC 3339`, row.name);
  }
  return Math.floor(milliseconds / 1000);
}
