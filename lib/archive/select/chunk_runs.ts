/**
 * Which parts of a layer hold the files that are wanted of it: runs of members that are fetched in one request
 * each, so that what several files share is fetched once.
 *
 * @module
 */

import { indexAfter, MAX_GAP } from "../read/chunk_stream.ts";
import type { LayerEnd } from "../table/layer_table.ts";
import type { Located } from "../table/table.ts";

/** A file in a layer, with what it is to its reader. */
export interface WantedFile<T> {
  /** What the reader knows it by. */
  file: T;
  /** Where its content is; it has some. */
  located: Located;
  /** Which of the table's chunks are wanted of it: from one up to another. @default all of the file's */
  part?: { from: number; to: number } | undefined;
}

/** A part of a layer, and the files in it in the order in which they are read. */
export interface Run<T> {
  start: number;
  end: number;
  /** Where what is wanted of the last member probably ends: what is behind that is fetched only when it does not. */
  likelyEnd?: number | undefined;
  files: WantedFile<T>[];
}

/**
 * The runs that hold files of one layer.
 *
 * @param layer the layer
 * @param files in the order in which they are to be read; one that stands before the last begins a new run
 * @param gap bytes between two members that are fetched along rather than asked around for
 */
export function runsOf<T>(
  layer: LayerEnd,
  files: Iterable<WantedFile<T>>,
  gap: number = MAX_GAP,
): Run<T>[] {
  const runs: Run<T>[] = [];
  let run: Run<T> | undefined;
  let behind = 0;
  for (const wanted of files) {
    const { row: { columns }, members } = wanted.located;
    const { from: first, to } = chunksOf(wanted);
    const start = columns.member(first);
    const last = columns.member(to - 1);
    const end = members[indexAfter(members, last)] ?? layer.footer.contentEnd;
    if (run !== undefined && first >= behind && start - run.end <= gap) {
      run.end = Math.max(run.end, end);
      run.files.push(wanted);
    } else {
      run = { start, end, files: [wanted] };
      runs.push(run);
    }
    behind = to;
  }
  return runs;
}

/** What an estimate is exceeded by, and the bytes that are not worth one. */
const [MARGIN, NOT_WORTH] = [1.1, 4096];

/**
 * Finds where runs probably end: inside of their last members, behind what is wanted of them. How far that is in a
 * member's packed bytes is in no table, and is taken to be as in its plain ones.
 *
 * @param runs of a layer whose members can be inflated up to any place: those of gzip
 */
export function endEarly<T>(runs: readonly Run<T>[]): void {
  for (const run of runs) {
    const wanted = run.files.at(-1)!;
    const { columns } = wanted.located.row;
    const last = chunksOf(wanted).to - 1;
    const member = columns.member(last);
    let end = last;
    while (end + 1 < columns.length && columns.member(end + 1) === member) end++;
    const share = columns.innerEnd(last) / columns.innerEnd(end);
    const likelyEnd = member + Math.ceil((run.end - member) * share * MARGIN) + NOT_WORTH / 4;
    if (likelyEnd < run.end - NOT_WORTH) run.likelyEnd = likelyEnd;
  }
}

/** Which chunks are wanted of a file. */
export function chunksOf<T>(
  { located: { row }, part }: WantedFile<T>,
): { from: number; to: number } {
  return part ?? { from: row.first, to: row.first + row.chunkCount };
}

/** Bytes of all runs. */
export function bytesOf(runs: readonly Run<unknown>[]): number {
  return runs.reduce((sum, { start, end, likelyEnd }) => sum + (likelyEnd ?? end) - start, 0);
}
