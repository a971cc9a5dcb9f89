/**
 * Parses a table of contents and checks it. Time and memory are linear in its bytes: rows become objects
 * some at a time, and end as numbers in columns and names, both of which have limits.
 *
 * @module
 */

import { asDigest, type Digest, DIGEST_LENGTH } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import {
  BYTES_A_CHUNK,
  FREE_CHUNKS,
  MAX_CHUNK_BYTES,
  MAX_LISTED_ENTRIES,
  MAX_MEMBER_BYTES,
  MAX_TIME_CHARS,
} from "../../limits.ts";
import { Pace } from "../../system/pace.ts";
import { counted, quote } from "../../text/printable.ts";
import type { CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { type Entry, specialName } from "../entry.ts";
import { checkPath } from "../safe_path.ts";
import type { TocEntry } from "../toc.ts";
import { Budget } from "../budget.ts";
import { Table } from "./table.ts";
import { OtherForm, tocLines } from "./toc_lines.ts";
import { scanToc } from "./toc_scan.ts";
import { invalidRow, invalidTable } from "./invalid_table.ts";

/** How to parse. */
export interface ParseOptions extends CallOptions {
  /** Counts entries, those of other layers' tables too. @default what an image that is only read may have */
  budget?: Budget | undefined;
  /** Where in a layer its table begins, where that is known better than by the manifest. */
  tableStart?: ((layer: Descriptor) => number | undefined) | undefined;
  /** Whether Node's modules are loaded in any case: they inflate and hash in half the time of the web's. */
  withNode?: boolean | undefined;
}

/**
 * Counts the entries of an image that is only read. Its bytes do not matter: what a table says of them
 * takes no room.
 */
export function listedBudget(maxEntries: number = MAX_LISTED_ENTRIES): Budget {
  return new Budget({ maxEntries, maxBytes: Infinity, maxFileBytes: Infinity });
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
  const { budget: whole = listedBudget() } = options;
  const budget = whole.part();
  try {
    return await parseBatches(tocLines(bytes), new TableParser(contentEnd, budget), options);
  } catch (error) {
    budget.giveBack();
    if (!(error instanceof OtherForm)) throw error;
  }
  const again = new TableParser(contentEnd, whole.part());
  return await parseBatches(scanToc(bytes), again, options);
}

/**
 * Parses some rows of a table as if they were all of it.
 *
 * @param rows whatever stands in place of rows
 * @param contentEnd where in the layer the members end
 */
export function parseRows(rows: Iterable<unknown>, contentEnd: number): Table {
  const parser = new TableParser(contentEnd, listedBudget());
  for (const row of rows) parser.add(row);
  return parser.end();
}

/** @param batches rows, and at the end the version, where that is not certain */
async function parseBatches(
  batches: Generator<unknown[], unknown>,
  parser: TableParser,
  { signal }: ParseOptions,
): Promise<Table> {
  const pace = new Pace(signal);
  for (;;) {
    const { value, done } = batches.next();
    if (done) {
      if (value !== 1) throw invalidTable(`its version is ${quote(value)}, expected 1`);
      return parser.end();
    }
    for (const entry of value) parser.add(entry);
    parser.checkDigests();
    await pace.breathe();
  }
}

/**
 * Joined digests. As all have the same length, the whole matches exactly when each does. Written out, the
 * pattern takes two thirds of the time of `{64}`.
 */
const DIGESTS = new RegExp(`^(?:sha256:${"[0-9a-f]".repeat(64)})*$`);

/** A row as a table states it, whatever the fields may hold. */
type RawRow = { [K in keyof TocEntry]?: unknown } & { name: string };

class TableParser {
  readonly #contentEnd: number;
  readonly #budget: Budget;
  readonly #table = new Table();
  /** Bytes of all files so far. */
  #bytes = 0;
  /** The file whose chunks are not complete, and its bytes. */
  #open: string | undefined;
  #size = 0;
  #covered = 0;
  /** Member of the last chunk, and where in it the next may begin. */
  #member = -1;
  #inner = 0;
  /** Digests of the last chunks, which are looked at together. */
  readonly #digests: string[] = [];

  constructor(contentEnd: number, budget: Budget) {
    this.#contentEnd = contentEnd;
    this.#budget = budget;
  }

  /** Takes the next row. */
  add(entry: unknown): void {
    if (entry === null || typeof entry !== "object") {
      throw invalidTable("it has an entry that is not an object");
    }
    const row = entry as RawRow;
    if (typeof row.name !== "string") throw invalidTable("it has an entry without a name");
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
      throw invalidRow(row.name, `is ${specialName(type) ?? `a ${type}`} with content`);
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
    if (type === "symlink" || type === "hardlink") entry.linkTarget = linkTargetOf(row);
    this.#budget.spend(entry.path, size, entry.linkTarget);
    this.#bytes += size;
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
      throw invalidRow(row.name, "is a chunk of no file before it");
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
      throw invalidRow(row.name, `has chunks that do not cover its ${counted(this.#size, "byte")}`);
    }
    if (size > MAX_CHUNK_BYTES) {
      throw invalidRow(
        row.name,
        `has a chunk of ${counted(size, "byte")}, expected at most ${MAX_CHUNK_BYTES}`,
      );
    }
    if (inner > MAX_MEMBER_BYTES - size) {
      throw invalidRow(
        row.name,
        `has the innerOffset ${inner}, expected at most ${MAX_MEMBER_BYTES - size}`,
      );
    }
    if (member >= this.#contentEnd) {
      throw invalidRow(row.name, "begins behind the end of the content");
    }
    const behind = member > this.#member || (member === this.#member && inner >= this.#inner);
    if (!behind) throw invalidRow(row.name, "overlaps what stands before it");
    // A file of one chunk may leave the chunk's digest out: it is the file's.
    const stated = row.chunkDigest || (size === this.#size ? row.digest : undefined);
    if (typeof stated !== "string" || stated.length !== DIGEST_LENGTH) {
      asDigest(stated, `chunkDigest of ${quote(row.name)}`);
    }
    this.#digests.push(stated as string);
    const { chunks, members } = this.#table;
    const most = FREE_CHUNKS + this.#table.length + this.#bytes / BYTES_A_CHUNK;
    if (chunks.length > most) {
      throw new BlobberError(
        "limit",
        `the table of contents cuts ${quote(row.name)} into very small chunks, expected at least ` +
          `${BYTES_A_CHUNK} bytes in each on average`,
      );
    }
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
      throw invalidRow(open, `has chunks that do not cover its ${counted(this.#size, "byte")}`);
    }
  }
}

/**
 * Target of a link's row.
 *
 * @throws {BlobberError} `invalid-archive`, `path-traversal`
 */
export function linkTargetOf({ name, type, linkName }: Record<string, unknown>): string {
  if (typeof linkName !== "string" || linkName === "") {
    throw invalidRow(String(name), "is a link without a target");
  }
  return type === "symlink" ? linkName : checkPath(linkName);
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
  throw invalidRow(row.name, `has the type ${quote(row.type)}, expected a file, directory or link`);
}

function count(value: unknown, field: string, row: RawRow): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidRow(row.name, `has the ${field} ${quote(value)}, expected a count`);
}

function mtimeOf(row: RawRow): number {
  // Go writes its zero time, year 1, for none.
  const time: unknown = row.modtime;
  if (!time || typeof time === "string" && time.startsWith("0001-")) return 0;
  const isTime = typeof time === "string" && time.length <= MAX_TIME_CHARS;
  const milliseconds = isTime ? Date.parse(time) : NaN;
  if (Number.isNaN(milliseconds)) {
    throw invalidRow(row.name, `has the modtime ${quote(row.modtime)}, expected RFC 3339`);
  }
  return Math.floor(milliseconds / 1000);
}
