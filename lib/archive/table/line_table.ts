/**
 * A table of contents with one row a line, as `toc_rows.ts` writes it, of which only the names were
 * read. To list an image or to read a file of it takes few rows or none: each is parsed and checked when it is
 * asked for, as `parse_table.ts` does with all.
 *
 * The names are those that a parser would find, or the table is left to one: a line is one object, with its
 * name and its type first and no other fields than the format's, each once, and there is no escape in which
 * anything could hide.
 *
 * @module
 */

import { checkAborted, isBlobberError } from "../../errors.ts";
import { Pace, STEPS_A_TURN } from "../../system/pace.ts";
import type { EntryType } from "../entry.ts";
import { checkPath } from "../safe_path.ts";
import type { TocEntry } from "../toc.ts";
import { TOC_SEPARATOR } from "./toc_rows.ts";
import type { Budget } from "../budget.ts";
import { grown } from "./columns.ts";
import {
  linkTargetOf,
  listedBudget,
  type ParseOptions,
  parseRows,
  parseTable,
} from "./parse_table.ts";
import type { Located, NamedTable, Table } from "./table.ts";
import { linesIn, OtherForm, type TocText, tocText } from "./toc_lines.ts";
import { invalidTable } from "./invalid_table.ts";

const NAME = '{"name":"';
const TYPE = '","type":"';
/** Types of entries by their first letters, and as a line has them; `chunk` is more of the file before. */
const TYPES: Record<string, { type: EntryType | "chunk"; text: string }> = {
  r: { type: "file", text: 'reg"' },
  d: { type: "directory", text: 'dir"' },
  s: { type: "symlink", text: 'symlink"' },
  h: { type: "hardlink", text: 'hardlink"' },
  c: { type: "chunk", text: 'chunk"' },
};
/** What may stand behind the type, to the end of the line: each field once, and no object. */
const REST = new RegExp(
  [
    ["size", "\\d+"],
    ["modtime", '"[^"]*"'],
    ["linkName", '"[^"]*"'],
    ["mode", "\\d+"],
    ["offset", "\\d+"],
    ["innerOffset", "\\d+"],
    ["digest", '"[^"]*"'],
    ["chunkOffset", "\\d+"],
    ["chunkSize", "\\d+"],
    ["chunkDigest", '"[^"]*"'],
  ].map(([name, value]) => `(?:,"${name}":${value})?`).join("") +
    "\\}(?:,\\n|(?=\\n\\]\\}\\n$))",
  "y",
);
/** What a member's place stands behind; no text in quotes can hold it. */
const OFFSET = ',"offset":';
/** Digits of a place in a layer, and more. */
const OFFSET_DIGITS = 20;
const FIRST_ROOM = 4096;

/** A table whose rows are read one by one. */
export class LineTable implements NamedTable {
  /** As {@linkcode NamedTable.names}. */
  readonly names: string[] = [];
  readonly #types: EntryType[] = [];
  readonly #bytes: Uint8Array;
  readonly #toc: TocText;
  readonly #contentEnd: number;
  readonly #budget: Budget;
  /** Where the line of each row begins. */
  #starts = new Int32Array(FIRST_ROOM);

  private constructor(bytes: Uint8Array, contentEnd: number, budget: Budget) {
    this.#budget = budget;
    this.#bytes = bytes;
    this.#toc = tocText(bytes);
    this.#contentEnd = contentEnd;
  }

  /**
   * Looks at the names of a table.
   *
   * @param bytes the table, of which nothing is used before it was checked, as in `parse_table.ts`
   * @param contentEnd where in the layer the members end
   * @returns `undefined` when it is written in another way, or is not as it should be
   */
  static async of(
    bytes: Uint8Array,
    contentEnd: number,
    options: ParseOptions,
  ): Promise<LineTable | undefined> {
    const budget = (options.budget ?? listedBudget()).part();
    try {
      const table = new LineTable(bytes, contentEnd, budget);
      if (await table.#scan(options)) return table;
    } catch (error) {
      checkAborted(options.signal);
      if (isBlobberError(error, "limit")) throw error;
    }
    budget.giveBack();
    return undefined; // what is wrong, the parser tells
  }

  /** As {@linkcode NamedTable.type}. */
  type(i: number): EntryType {
    return this.#types[i]!;
  }

  /** As {@linkcode NamedTable.path}. */
  path(i: number): string {
    const name = this.names[i]!;
    return this.#types[i] === "directory" ? name.slice(0, -1) : name;
  }

  /** As {@linkcode NamedTable.linkTarget}: its line alone is parsed. */
  linkTarget(i: number): string | undefined {
    const type = this.#types[i];
    if (type !== "symlink" && type !== "hardlink") return undefined;
    const [row] = this.#rowsOf(i);
    return linkTargetOf(Object(row));
  }

  /**
   * As {@linkcode NamedTable.locate}. The lines that are parsed are the file's own; those behind it are
   * searched up to the next member.
   *
   * @throws {BlobberError} as `parseTable`
   */
  locate(i: number): Located {
    const table = parseRows(this.#rowsOf(i), this.#contentEnd);
    const { members } = table;
    const last = members.at(-1);
    const next = last === undefined ? [] : [this.#memberAfter(this.#endOf(i), last)];
    return { row: table.row(0), members: [...members, ...next] };
  }

  /** As {@linkcode NamedTable.whole}. */
  async whole(options: ParseOptions): Promise<Table> {
    const budget = this.#budget.anew(); // its rows are counted again
    return await parseTable(this.#bytes, this.#contentEnd, { ...options, budget });
  }

  /** Where the last line of a row ends. */
  #endOf(i: number): number {
    return i + 1 < this.names.length ? this.#starts[i + 1]! - TOC_SEPARATOR.length : this.#toc.end;
  }

  /** The lines of a row: its own, and those of its further chunks. */
  *#rowsOf(i: number): Generator<unknown, void> {
    try {
      yield* linesIn({ ...this.#toc, end: this.#endOf(i) }, this.#starts[i]!);
    } catch (error) {
      notJson(error);
    }
  }

  /** Where the next member begins that holds content, behind one in which lines before a place have some. */
  #memberAfter(from: number, member: number): number {
    const { text, end } = this.#toc;
    for (let at = from; (at = text.indexOf(OFFSET, at)) >= 0 && at < end;) {
      const begin = text.lastIndexOf("\n", at) + 1;
      at += OFFSET.length;
      if (Number.parseInt(text.slice(at, at + OFFSET_DIGITS), 10) <= member) continue;
      const [value] = linesIn(this.#toc, begin);
      const { type, size, offset } = Object(value) as TocEntry;
      if (type === "chunk" || type === "reg" && size! > 0) return offset!;
    }
    return this.#contentEnd;
  }

  async #scan({ signal }: ParseOptions): Promise<boolean> {
    const pace = new Pace(signal);
    const { text, start, end } = this.#toc;
    if (text.includes("\\")) return false;
    let [lines, counted, chars] = [0, 0, 0];
    const count = () => {
      this.#budget.spendNames(this.names.length - counted, chars);
      [counted, chars] = [this.names.length, 0];
    };
    for (let at = start; at < end;) {
      const from = at + NAME.length;
      const to = text.indexOf('"', from);
      const typeAt = to + TYPE.length;
      const known = TYPES[text[typeAt]!];
      const begins = known !== undefined && text.startsWith(NAME, at) &&
        text.startsWith(TYPE, to) && text.startsWith(known.text, typeAt);
      if (!begins) return false;
      REST.lastIndex = typeAt + known.text.length;
      if (!REST.test(text)) return false;
      if (known.type !== "chunk") this.#add(text.slice(from, to), known.type, at);
      else if (this.names.length === 0) return false;
      at = REST.lastIndex;
      chars += to - from;
      if (++lines % STEPS_A_TURN !== 0) continue;
      count();
      if (pace.due(STEPS_A_TURN)) await pace.breathe();
    }
    count();
    return true;
  }

  #add(stated: string, type: EntryType, start: number): void {
    const isDirectory = type === "directory";
    const path = checkPath(isDirectory ? stated.replace(/\/$/, "") : stated, isDirectory);
    const isStated = stated.length === path.length + 1 && stated.endsWith("/");
    const name = !isDirectory ? path : isStated ? stated : `${path}/`;
    const i = this.names.length;
    if (i === this.#starts.length) this.#starts = grown(this.#starts, new Int32Array(2 * i));
    this.names.push(name);
    this.#types.push(type);
    this.#starts[i] = start;
  }
}

function notJson(error: unknown): never {
  if (!(error instanceof OtherForm)) throw error;
  throw invalidTable("it is not JSON", error);
}
