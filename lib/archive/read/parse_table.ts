/**
 * Parses a table of contents and checks it.
 *
 * @module
 */

import { asDigest, type Digest, DIGEST_LENGTH } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_CHUNK_BYTES, MAX_LISTED_ENTRIES, MAX_MEMBER_BYTES } from "../../limits.ts";
import { Pace } from "../../pace.ts";
import { quote } from "../../printable.ts";
import type { CallOptions } from "../../store.ts";
import { type Entry, specialName } from "../entry.ts";
import { checkPath } from "../safe_path.ts";
import type { TocEntry } from "../toc.ts";
import { Table } from "./table.ts";
import { OtherForm, tocLines } from "./toc_lines.ts";
import { scanToc } from "./toc_scan.ts";

function fail(why: string, value?: string): never {
  const what = value === undefined ? "" : ` ${quote(value)}`;
  throw new BlobberError("invalid-archive", `invalid table of contents:${what} ${why}`);
}

/** How to parse. */
export interface ParseOptions extends CallOptions {
  /** The most entries to take. @default what an image that is only read may have */
  maxEntries?: number | undefined;
  /** Whether Node's modules are loaded in any case: they inflate and hash in half the time of the web's. */
  withNode?: boolean | undefined;
}

/**
 * Parses a table. Nothing of it is to be used before its bytes were checked against the digest that the
 * manifest states.
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
    return await parseBatches(tocLines(bytes), contentEnd, options);
  } catch (error) {
    if (!(error instanceof OtherForm)) throw error;
  }
  return await parseBatches(scanToc(bytes), contentEnd, options);
}

/**
 * Parses some rows of a table as if they were all of it.
 *
 * @param rows whatever stands in place of rows
 * @param contentEnd where in the layer the members end
 */
export function parseRows(rows: unknown[], contentEnd: number): Table {
  const parser = new TableParser(contentEnd);
  for (const row of rows) parser.add(row);
  return parser.end();
}

/** @param batches rows, and at the end the version, where that is not certain */
async function parseBatches(
  batches: Generator<unknown[], unknown>,
  contentEnd: number,
  options: ParseOptions,
): Promise<Table> {
  const pace = new Pace(options.signal);
  const parser = new TableParser(contentEnd);
  for (;;) {
    const { value, done } = batches.next();
    if (done) {
      if (value !== 1) fail(`its version is ${quote(value)}, expected 1`);
      return parser.end();
    }
    for (const entry of value) parser.add(entry);
    parser.checkDigests();
    checkCount(parser, options);
    await pace.breathe();
  }
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

/**
 * Digests one behind the other: of strings that all have this length it holds, if it holds of each. Written
 * out, it is checked in two thirds of the time of `{64}`.
 */
const DIGESTS = new RegExp(`^(?:sha256:${"[0-9a-f]".repeat(64)})*$`);

/** A row as a table states it, whatever the fields may hold. */
type RawRow = { [K in keyof TocEntry]?: unknown } & { name: string };

class TableParser {
  readonly #contentEnd: number;
  readonly #table = new Table();
  /** The file whose chunks are not complete, and its bytes. */
  #open: string | undefined;
  #size = 0;
  #covered = 0;
  /** Member of the last chunk, and where in it the next may begin. */
  #member = -1;
  #inner = 0;
  /** Digests of the last chunks, which are looked at together. */
  readonly #digests: string[] = [];

  constructor(contentEnd: number) {
    this.#contentEnd = contentEnd;
  }

  /** Entries so far, chunks of files not counted. */
  get entries(): number {
    return this.#table.length;
  }

  /** Takes the next row. */
  add(entry: unknown): void {
    if (entry === null || typeof entry !== "object") fail("has an entry that is no object");
    const row = entry as RawRow;
    if (typeof row.name !== "string") fail("has an entry without a name");
    if (row.type === "chunk") this.#chunk(row);
    else this.#entry(row);
  }

  /**
   * Checks the digests of the chunks that were added since the last time.
   *
   * @throws {BlobberError} `integrity`
   */
  checkDigests(): void {
    const all = this.#digests.join("");
    const { chunks, names } = this.#table;
    if (!DIGESTS.test(all)) {
      const first = chunks.length - this.#digests.length;
      for (const [i, digest] of this.#digests.entries()) {
        asDigest(digest, `chunkDigest of ${quote(names[chunks.row(first + i)])}`);
      }
    }
    chunks.addDigests(all);
    this.#digests.length = 0;
  }

  /** The table, when all rows have come. */
  end(): Table {
    this.#close();
    this.checkDigests();
    return this.#table;
  }

  #entry(row: RawRow): void {
    this.#close();
    const type = typeOf(row);
    const size = type === "file" ? count(row.size ?? 0, "size", row) : 0;
    // As in a tar, a hard link may repeat the size of its file; it has no chunks.
    if (type !== "file" && type !== "hardlink" && row.size) {
      fail(`is ${specialName(type) ?? `a ${type}`} with content`, row.name);
    }
    // Go's estargz reads an empty name as the root's.
    const name = type === "directory" ? row.name || "./" : row.name;
    const entry: Entry = {
      path: checkPath(name, type === "directory"),
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
    if (whole) this.#checkOnly(row);
    this.#table.push(entry, whole ? Boolean(row.digest) : statedDigest(row));
    if (!isOpen) return;
    this.#open = row.name;
    this.#size = size;
    this.#covered = 0;
    this.#cover(row);
  }

  /** A file of one chunk may leave one of its two digests out, and may not have them differ. */
  #checkOnly(row: RawRow): void {
    const { digest, chunkDigest } = row;
    if (!digest || !chunkDigest || chunkDigest === digest) return;
    asDigest(digest, `digest of ${quote(row.name)}`);
    asDigest(chunkDigest, `chunkDigest of ${quote(row.name)}`);
    throw new BlobberError(
      "integrity",
      `invalid table of contents: ${quote(row.name)} has two digests for the same bytes`,
    );
  }

  #chunk(row: RawRow): void {
    if (this.#open !== row.name) {
      fail("is a chunk of no file before it", row.name);
    }
    this.#cover(row);
  }

  #cover(row: RawRow): void {
    const at = count(row.chunkOffset ?? 0, "chunkOffset", row);
    const left = this.#size - this.#covered;
    const size = count(row.chunkSize ?? 0, "chunkSize", row) || left;
    const member = count(row.offset ?? 0, "offset", row);
    const inner = count(row.innerOffset ?? 0, "innerOffset", row);
    if (at !== this.#covered || size > left || size === 0) {
      fail(`has chunks that do not cover its ${this.#size} bytes`, row.name);
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
    const stated = row.chunkDigest || (size === this.#size ? row.digest : undefined);
    if (typeof stated !== "string" || stated.length !== DIGEST_LENGTH) {
      asDigest(stated, `chunkDigest of ${quote(row.name)}`);
    }
    this.#digests.push(stated as string);
    const { chunks, members } = this.#table;
    chunks.push(this.#table.length - 1, member, inner, at, size);
    if (member !== this.#member) members.push(member);
    this.#member = member;
    this.#inner = inner + size;
    this.#covered += size;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined && this.#covered !== this.#size) {
      fail(`has chunks that do not cover its ${this.#size} bytes`, open);
    }
  }
}

/** The digest of a whole file that is not that of its only chunk. */
function statedDigest({ name, digest }: RawRow): Digest | false {
  return digest ? asDigest(digest, `digest of ${quote(name)}`) : false;
}

function typeOf(row: RawRow): Entry["type"] {
  switch (row.type) {
    case "dir":
      return "directory";
    case "reg":
      return "file";
    case "symlink":
    case "hardlink":
    case "char":
    case "block":
    case "fifo":
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
