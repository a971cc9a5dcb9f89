/**
 * Names in the order in which blobber and most others write them: by code units, a directory's with a slash
 * behind it. What they say together is seen by passing over them once.
 *
 * @module
 */

import { specialName } from "../entry.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import { type Pace, ROWS_A_TURN } from "../../pace.ts";
import type { NamedTable } from "./table.ts";

/** What a name that has a meaning among layers begins with. */
const WHITEOUT = ".wh.";

/** Paths of directories but the root, parents first, and of those that an entry names its row. */
export type Directories = ReadonlyMap<string, number | undefined>;

/**
 * The directories of a table whose entries make a tree by themselves: in order, each name once and below
 * directories only, hard links to files before them, and nothing that has a meaning among layers or to the
 * format.
 *
 * @param table the only one of its image
 * @returns `undefined` when anything is out of the ordinary: a tree can tell what
 */
export async function ordinaryDirectories(
  table: NamedTable,
  pace: Pace,
): Promise<Directories | undefined> {
  const { names } = table;
  if ([...LANDMARKS, TOC_NAME].some((own) => exactly(names, own) !== undefined)) return undefined;
  const directories = new Map<string, number | undefined>();
  let before = "";
  let last = "";
  for (let i = 0; i < names.length; i++) {
    if (i % ROWS_A_TURN === 0) await pace.breathe();
    const name = names[i]!;
    if (!(name > before) || name === "/" || name.includes(WHITEOUT)) return undefined;
    before = name;
    const type = table.type(i);
    if (specialName(type) !== undefined) return undefined;
    if (type === "hardlink" && !isFileBefore(table, i)) return undefined;
    const end = type === "directory" ? name.length - 1 : name.lastIndexOf("/");
    // Most entries follow one of the same directory.
    if (end === last.length && name.startsWith(last)) continue;
    last = name.slice(0, Math.max(0, end));
    if (!addDirectory(names, last, directories)) return undefined;
    if (type === "directory") directories.set(last, i);
  }
  return directories;
}

/** Adds a directory and what is above it, unless something else stands at one of these paths. */
function addDirectory(
  names: readonly string[],
  path: string,
  known: Map<string, number | undefined>,
): boolean {
  if (path === "" || known.has(path)) return true;
  if (exactly(names, path) !== undefined) return false;
  const above = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  if (!addDirectory(names, above, known)) return false;
  known.set(path, undefined);
  return true;
}

/** Whether a hard link names a file before it. */
function isFileBefore(table: NamedTable, link: number): boolean {
  const i = exactly(table.names, table.locate(link).row.entry.linkTarget!);
  if (i === undefined || i >= link) return false;
  const type = table.type(i);
  return type === "file" || type === "hardlink";
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
