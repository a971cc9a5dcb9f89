/**
 * A table of contents, parsed and checked: every row is safe, and the chunks of the files cover them
 * without a gap, in the order of the layer.
 *
 * @module
 */

import { asDigest, type Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { MAX_CHUNK_BYTES, MAX_LISTED_ENTRIES, MAX_MEMBER_BYTES } from "../limits.ts";
import { Pace } from "../pace.ts";
import { quote } from "../printable.ts";
import type { CallOptions } from "../store.ts";
import type { Entry } from "./entry.ts";
import { checkPath } from "./safe_path.ts";
import { scanToc } from "./toc_scan.ts";
import { LANDMARKS, TOC_NAME, type TocEntry } from "./toc.ts";

/** A part of a file, and where it is. */
export interface Chunk {
  /** Where in the layer the member begins that holds it. */
  member: number;
  /** Where in the member's plain bytes it begins. */
  inner: number;
  /** Where in the file it begins. */
  at: number;
  /** Bytes. */
  size: number;
  digest: Digest;
}

/** An entry, and where its content is. */
export interface Row {
  entry: Entry;
  /** In order; empty for everything but a file with content. */
  chunks: Chunk[];
  /** Digest of the whole file, where the table states it. */
  digest: Digest | undefined;
  /** Whether it is the format's own and no content. */
  hidden: boolean;
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
  const { maxEntries = MAX_LISTED_ENTRIES, signal } = options;
  const pace = new Pace(signal);
  const parser = new TableParser(contentEnd);
  const batches = scanToc(bytes);
  for (;;) {
    const { value, done } = batches.next();
    if (done) {
      if (value !== 1) fail("as its version, expected 1", String(value));
      return parser.end();
    }
    for (const entry of value) parser.add(entry);
    if (parser.entries > maxEntries) {
      throw new BlobberError(
        "limit",
        `the table of contents has more entries than allowed, expected at most ${maxEntries}`,
        { hint: "raise the limit with --max-entries if you trust the artifact" },
      );
    }
    await pace.breathe();
  }
}

class TableParser {
  readonly #contentEnd: number;
  readonly #rows: Row[] = [];
  readonly #members: number[] = [];
  /** The file whose chunks are not complete. */
  #open: { row: Row; name: string; covered: number } | undefined;
  #last: Chunk | undefined;

  constructor(contentEnd: number) {
    this.#contentEnd = contentEnd;
  }

  /** Entries so far, chunks of files not counted. */
  get entries(): number {
    return this.#rows.length;
  }

  /** Takes the next row. */
  add(entry: unknown): void {
    if (entry === null || typeof entry !== "object") fail("has an entry that is no object");
    const row = entry as TocEntry;
    if (typeof row.name !== "string") fail("has an entry without a name");
    if (row.type === "chunk") this.#chunk(row);
    else this.#entry(row);
  }

  /** The table, when all rows have come. */
  end(): Table {
    this.#close();
    return { rows: this.#rows, members: this.#members };
  }

  #entry(row: TocEntry): void {
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
    const made: Row = {
      entry,
      chunks: [],
      digest: row.digest ? asDigest(row.digest, `digest of ${quote(row.name)}`) : undefined,
      hidden: LANDMARKS.has(entry.path) || entry.path === TOC_NAME,
    };
    this.#rows.push(made);
    if (type === "file" && size > 0) {
      this.#open = { row: made, name: row.name, covered: 0 };
      this.#cover(row);
    }
  }

  #chunk(row: TocEntry): void {
    if (this.#open === undefined || this.#open.name !== row.name) {
      fail("is a chunk of no file before it", row.name);
    }
    this.#cover(row);
  }

  #cover(row: TocEntry): void {
    const { row: file, covered } = this.#open!;
    const at = count(row.chunkOffset ?? 0, "chunkOffset", row);
    const left = file.entry.size - covered;
    const size = count(row.chunkSize ?? 0, "chunkSize", row) || left;
    const member = count(row.offset ?? 0, "offset", row);
    const inner = count(row.innerOffset ?? 0, "innerOffset", row);
    if (at !== covered || size > left || size === 0) {
      fail(`has chunks that do not cover its ${file.entry.size} bytes`, row.name);
    }
    if (size > MAX_CHUNK_BYTES) {
      fail(`has a chunk of ${size} bytes, expected at most ${MAX_CHUNK_BYTES}`, row.name);
    }
    if (inner > MAX_MEMBER_BYTES - size) {
      fail(`has the innerOffset ${inner}, expected at most ${MAX_MEMBER_BYTES - size}`, row.name);
    }
    if (member >= this.#contentEnd) fail("begins behind the end of the content", row.name);
    const last = this.#last;
    const behind = last === undefined || member > last.member ||
      (member === last.member && inner >= last.inner + last.size);
    if (!behind) fail("overlaps what stands before it", row.name);
    // A file of one chunk may leave the chunk's digest out: it is the file's.
    const stated = row.chunkDigest || (size === file.entry.size ? row.digest : undefined);
    const chunk = {
      member,
      inner,
      at,
      size,
      digest: asDigest(stated, `chunkDigest of ${quote(row.name)}`),
    };
    if (size === file.entry.size && file.digest !== undefined && file.digest !== chunk.digest) {
      throw new BlobberError(
        "integrity",
        `invalid table of contents: ${quote(row.name)} has two digests for the same bytes`,
      );
    }
    if (member !== last?.member) this.#members.push(member);
    file.chunks.push(chunk);
    this.#last = chunk;
    this.#open!.covered += size;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined && open.covered !== open.row.entry.size) {
      fail(`has chunks that do not cover its ${open.row.entry.size} bytes`, open.name);
    }
  }
}

function typeOf(row: TocEntry): Entry["type"] {
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
    `has the type ${quote(String(row.type))}, expected a file, directory or link`,
    row.name,
  );
}

function count(value: unknown, field: string, row: TocEntry): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(`has the ${field} ${quote(String(value))}, expected a count`, row.name);
}

function mtimeOf(row: TocEntry): number {
  // Go writes its zero time, year 1, for none.
  if (!row.modtime || String(row.modtime).startsWith("0001-")) return 0;
  const milliseconds = Date.parse(String(row.modtime));
  if (Number.isNaN(milliseconds)) {
    fail(`has the modtime ${quote(String(row.modtime))}, expected RFC 3339`, row.name);
  }
  return Math.floor(milliseconds / 1000);
}
