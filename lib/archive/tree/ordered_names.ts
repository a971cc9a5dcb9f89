/**
 * Names in the order in which blobber and most others write them: by code units, a directory's with a slash
 * behind it. What they say together is seen by passing over them once, in time and memory linear in their
 * bytes: but for a search (n log n) where the directory changes, and for a hard link.
 *
 * @module
 */

import { specialName } from "../entry.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import { type Pace, STEPS_A_TURN } from "../../system/pace.ts";
import type { Budget } from "../budget.ts";
import type { NamedTable } from "../table/table.ts";

/** What a name that has a meaning among layers begins with. */
const WHITEOUT = ".wh.";

/** The directories of ordered names but the root, parents first. Each is the beginning of a name. */
export class Directories {
  readonly #names: readonly string[];
  /** The first name of each that begins with it. */
  readonly #firsts: number[] = [];
  /** Where in that name it ends. */
  readonly #ends: number[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** How many there are. */
  get length(): number {
    return this.#firsts.length;
  }

  /** Adds one. */
  push(first: number, end: number): void {
    this.#firsts.push(first);
    this.#ends.push(end);
  }

  /** Path of a directory. */
  path(i: number): string {
    return this.#names[this.#firsts[i]!]!.slice(0, this.#ends[i]!);
  }

  /** The row of the entry that names it; an own name comes before all that begin with it. */
  row(i: number): number | undefined {
    const first = this.#firsts[i]!;
    return this.#names[first]!.length === this.#ends[i]! + 1 ? first : undefined;
  }
}

/** What names in order make. */
export interface Ordinary {
  directories: Directories;
  /** The row of the file that a hard link's row leads to by way of others. */
  files: ReadonlyMap<number, number>;
}

/**
 * What a table's entries make that are a tree by themselves: in order, each name once and below directories
 * only, hard links to files before them, and nothing that has a meaning among layers or to the format.
 *
 * @param table the only one of its image
 * @param budget counts the directories that are only implied
 * @param pace of the caller; a step is a name, or a directory
 * @returns `undefined` when anything is out of the ordinary: a tree can tell what
 * @throws {BlobberError} `limit`
 */
export async function ordinary(
  table: NamedTable,
  budget: Budget,
  pace: Pace,
): Promise<Ordinary | undefined> {
  const { names } = table;
  if ([...LANDMARKS, TOC_NAME].some((own) => exactly(names, own) !== undefined)) return undefined;
  const directories = new Directories(names);
  const files = new Map<number, number>();
  let before = "";
  let last = "";
  for (let i = 0; i < names.length; i++) {
    if (i % STEPS_A_TURN === 0 && pace.due(Math.min(STEPS_A_TURN, names.length - i))) {
      await pace.breathe();
    }
    const name = names[i]!;
    if (!(name > before) || name === "/" || name.includes(WHITEOUT)) return undefined;
    before = name;
    const type = table.type(i);
    if (specialName(type) !== undefined) return undefined;
    if (type === "hardlink" && !addHardlink(table, i, files)) return undefined;
    const end = type === "directory" ? name.length - 1 : name.lastIndexOf("/");
    // Most entries follow one of the same directory.
    if (end === last.length && name.startsWith(last)) continue;
    const first = name.indexOf("/", commonDirectory(last, name) + 1);
    last = name.slice(0, Math.max(0, end));
    if (first < 0) continue;
    // All names below a directory follow one another. So of the new ones only the topmost can be a file's
    // name too: below it there was nothing yet.
    if (exactly(names, name.slice(0, first)) !== undefined) return undefined;
    let implied = type === "directory" ? -1 : 0;
    for (let to = first; to >= 0 && to <= end; to = name.indexOf("/", to + 1)) {
      implied++;
      directories.push(i, to);
    }
    if (implied === 0) continue;
    budget.imply(implied);
    if (pace.due(implied)) await pace.breathe();
  }
  return { directories, files };
}

/** Where the last of the directories ends that a directory and a name have in common; -1 when none does. */
function commonDirectory(directory: string, name: string): number {
  // As often as not the name is further down.
  if (
    directory !== "" && name.charCodeAt(directory.length) === SLASH && name.startsWith(directory)
  ) {
    return directory.length;
  }
  let common = -1;
  for (let i = 0; i <= directory.length; i++) {
    const isEnd = i === directory.length;
    const char = name.charCodeAt(i);
    if (char === SLASH && (isEnd || directory.charCodeAt(i) === SLASH)) common = i;
    if (isEnd || char !== directory.charCodeAt(i)) break;
  }
  return common;
}

const SLASH = 0x2f;

/** Adds a hard link that names a file before it, or a link to one. */
function addHardlink(table: NamedTable, link: number, files: Map<number, number>): boolean {
  const i = exactly(table.names, table.linkTarget(link)!);
  if (i === undefined || i >= link) return false;
  const file = files.get(i) ?? i;
  if (table.type(file) !== "file") return false;
  files.set(link, file);
  return true;
}

/** Where a name stands. */
export function exactly(names: readonly string[], name: string): number | undefined {
  const i = firstFrom(names, name);
  return names[i] === name ? i : undefined;
}

/** Index of the first name that is not smaller. */
export function firstFrom(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
