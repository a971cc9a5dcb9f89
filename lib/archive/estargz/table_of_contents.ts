/**
 * A table of contents as users of the library read it: entries, and where the chunks of a file are.
 *
 * @module
 */

import { checkDigest } from "../../checked_content.ts";
import { type Digest, digestOf } from "../../digest.ts";
import { layerOptions } from "../../doors/options.ts";
import { bytes as isBytes } from "../../doors/shape.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_LINK_HOPS } from "../../limits.ts";
import type { UnpackLimits } from "../../options.ts";
import type { CallOptions } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor } from "../../types.ts";
import { VerbCall } from "../../verb_call.ts";
import { type Entry, specialName } from "../entry.ts";
import { listedBudget, parseTable as parse } from "../table/parse_table.ts";
import type { Table } from "../table/table.ts";

/** A part of a file that has a digest of its own. */
export interface LayerChunk {
  /** Where in the file it begins. */
  offset: number;
  /** Its bytes. */
  size: number;
  /** Digest of its bytes, uncompressed. */
  digest: Digest;
  /** Where in the layer the compressed member begins that holds it. */
  memberOffset: number;
  /** Where in that member's bytes, uncompressed, it begins. */
  innerOffset: number;
}

/**
 * A table of contents that was checked: every path is safe, no link has an empty target, and the chunks of each
 * file cover it without a gap, in the order of the layer.
 */
export interface TableOfContents {
  /** How many entries there are. */
  readonly length: number;
  /** The entries in the order of the layer. Each is made anew, and yours to keep. */
  entries(): IterableIterator<Entry>;
  /**
   * One entry. Links are not followed.
   *
   * @param path as {@linkcode Entry.path} has it
   * @returns the last one of that path, as it is the one that counts; `undefined` where there is none
   */
  entry(path: string): Entry | undefined;
  /**
   * The chunks of a file, in its order.
   *
   * @param path as {@linkcode Entry.path} has it
   * @returns none for an empty file, for what is no file, and where there is nothing of that path
   */
  chunks(path: string): LayerChunk[];
}

/** Options of {@linkcode parseTable}. */
export interface ParseTableOptions extends CallOptions, Pick<UnpackLimits, "maxEntries"> {
  /** What the digest of the table has to be, as the manifest's annotation states it. @default any */
  expect?: Digest | undefined;
}

/**
 * Parses and checks a table of contents, `stargz.index.json`. Time and memory are in proportion to its bytes.
 *
 * @example
 * ```ts
 * import { parseTable } from "@blobber/core/estargz";
 *
 * const entries = [{ name: "docs/", type: "dir" }, { name: "docs/empty.txt", type: "reg" }];
 * const json = new TextEncoder().encode(JSON.stringify({ version: 1, entries }));
 * const table = await parseTable(json, 0);
 * if (table.entry("docs/empty.txt")?.size !== 0) throw new Error("expected an empty file");
 *
 * const outside = { version: 1, entries: [{ name: "../up", type: "dir" }] };
 * const code = await parseTable(new TextEncoder().encode(JSON.stringify(outside)), 0)
 *   .catch((error) => error.code);
 * if (code !== "path-traversal") throw new Error(code);
 * ```
 *
 * @param json its bytes, uncompressed
 * @param contentEnd where in the layer the members end that hold contents: no chunk may begin there
 * @param options what is demanded of it
 * @throws {BlobberError} `integrity` when it is not the one that is expected, `invalid-archive`, `path-traversal`,
 * `limit`, `invalid-option`
 */
export async function parseTable(
  json: Uint8Array,
  contentEnd: number,
  options: ParseTableOptions = {},
): Promise<TableOfContents> {
  const { expect, maxEntries, signal } = layerOptions("parseTable", options);
  const wrong = isBytes(json);
  if (wrong !== undefined) {
    throw new BlobberError(
      "invalid-option",
      `invalid table of contents: ${wrong.found}, expected ${wrong.expected}`,
    );
  }
  if (!Number.isSafeInteger(contentEnd) || contentEnd < 0) {
    throw new BlobberError(
      "invalid-option",
      `invalid contentEnd: ${contentEnd}, expected a whole number of bytes`,
    );
  }
  const call = new VerbCall(signal);
  return await call.run(async () => {
    if (expect !== undefined) {
      const name = "the table of contents";
      checkDigest({ actual: digestOf(json), expected: expect, name });
    }
    const budget = listedBudget(maxEntries);
    return new ReadTable(await parse(json, contentEnd, { budget, signal: call.signal }));
  });
}

/** A table, with an index by path that is made when it is first asked for. */
export class ReadTable implements TableOfContents {
  readonly #table: Table;
  #byPath: Map<string, number> | undefined;

  /** @param table what was checked */
  constructor(table: Table) {
    this.#table = table;
  }

  /** As {@linkcode TableOfContents.length}. */
  get length(): number {
    return this.#table.length;
  }

  /** As {@linkcode TableOfContents.entries}. */
  *entries(): IterableIterator<Entry> {
    for (let i = 0; i < this.#table.length; i++) yield this.#table.entry(i);
  }

  /** As {@linkcode TableOfContents.entry}. */
  entry(path: string): Entry | undefined {
    const i = this.find(path);
    return i === undefined ? undefined : this.#table.entry(i);
  }

  /** As {@linkcode TableOfContents.chunks}. */
  chunks(path: string): LayerChunk[] {
    const i = this.find(path);
    if (i === undefined) return [];
    const first = this.#table.firstChunk(i);
    return Array.from({ length: this.#table.chunkCount(i) }, (_, n) => {
      const { at, size, digest, member, inner } = this.#table.chunks.get(first + n);
      return { offset: at, size, digest, memberOffset: member, innerOffset: inner };
    });
  }

  /** The row of a path. */
  find(path: string): number | undefined {
    if (this.#byPath === undefined) {
      this.#byPath = new Map();
      for (let i = 0; i < this.#table.length; i++) this.#byPath.set(this.#table.path(i), i);
    }
    return this.#byPath.get(path);
  }

  /**
   * The row of a file, through hard links.
   *
   * @param path of the file
   * @param layer what the table is of, for messages
   * @throws {BlobberError} `not-found`, `usage`, `invalid-archive` for links that lead to no file
   */
  file(path: string, layer: Pick<Descriptor, "digest">): number {
    let at = path;
    for (let hops = 0; hops <= MAX_LINK_HOPS; hops++) {
      const i = this.find(at);
      if (i === undefined) {
        throw new BlobberError("not-found", `no ${quote(at)} in the layer ${layer.digest}`);
      }
      const { type, linkTarget } = this.#table.entry(i);
      if (type === "file") return i;
      if (type !== "hardlink") {
        const what = type === "symlink" ? "a symbolic link" : specialName(type) ?? `a ${type}`;
        throw new BlobberError("usage", `${quote(at)} is ${what}, expected a file`);
      }
      at = linkTarget!;
    }
    throw new BlobberError(
      "invalid-archive",
      `the hard link ${quote(path)} leads through more than ${MAX_LINK_HOPS} others, ` +
        "expected a file",
    );
  }
}
