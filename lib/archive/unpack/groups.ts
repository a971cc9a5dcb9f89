/**
 * Cuts a layer into groups of whole members, each a job for a thread.
 *
 * @module
 */

import { hexOf } from "../../digest.ts";
import type { Entry } from "../entry.ts";
import type { LayerTable } from "../table/layer_table.ts";
import type { LayerPlan } from "./plan.ts";
import type { Table } from "../table/table.ts";
import { type FileParts, FilePartsWriter } from "./file_parts.ts";

/** Packed bytes that make a group: enough to be worth the way to a thread, few enough to have several. */
const GROUP_BYTES = 256 * 1024;
/** Parts of files that make one too: very small ones take longer to create than to inflate. */
const GROUP_PARTS = 128;
/** Bytes of the buffers that go round: a member that holds a MiB of noise fits too. */
export const PACKED_BYTES: number = 1024 * 1024 + 64 * 1024;
/** As {@linkcode PACKED_BYTES}, plain. */
export const PLAIN_BYTES: number = 1024 * 1024 + 192 * 1024;

/** Members larger than this, packed or plain, are not held in memory several at a time. */
const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

/** What headers of one entry take in a tar, by and large; a wrong guess costs a copy. */
const HEADER_GUESS = 1024;

/** Consecutive members, and the files in them. */
export interface Group {
  /** Where in the layer each segment begins. */
  starts: number[];
  /** End of each segment in the group's packed bytes. */
  ends: number[];
  /** Bytes of all segments. */
  packed: number;
  /** A guess at their plain bytes, with room to spare. */
  plain: number;
  files: FileParts;
  /** How many files are in this group as a whole. */
  whole: number;
  /** Files of several parts whose first is in this group. */
  inParts: Entry[];
  /** Files of several parts whose last is in this group. */
  completed: Entry[];
}

/** Consecutive members, the first of which holds the beginning of a chunk. */
interface Segment {
  start: number;
  end: number;
  plain: number;
  /** The first of the table's chunks in it, and the first behind it. */
  first: number;
  last: number;
}

/**
 * Whether a layer can be unpacked group by group: not when a member is so large that several in memory
 * would be too much.
 */
export function canGroup(layer: LayerTable): boolean {
  const { members, chunks } = layer.table;
  for (let i = 0; i < chunks.length; i++) {
    if (chunks.innerEnd(i) > MAX_SEGMENT_BYTES) return false;
  }
  return members.every((start, i) =>
    (members[i + 1] ?? layer.footer.contentEnd) - start <= MAX_SEGMENT_BYTES
  );
}

/**
 * The groups of a layer, in order; together they are all of the tar.
 *
 * @param layer its table
 * @param plan the files to write
 */
export function* groupsOf(layer: LayerTable, plan: LayerPlan): Generator<Group> {
  const { table } = layer;
  let segments: Segment[] = [];
  let [packed, plain, parts] = [0, 0, 0];
  const empty = emptyFiles(table, plan);
  let given = 0;
  const nextEmpty = (count: number) => empty.slice(given, given += Math.max(0, count));
  for (const segment of segmentsOf(layer)) {
    const size = segment.end - segment.start;
    const files = segment.last - segment.first;
    const full = packed + size > GROUP_BYTES || plain + segment.plain > PLAIN_BYTES ||
      parts + files > GROUP_PARTS;
    if (full && segments.length > 0) {
      yield makeGroup(table, plan, { segments, empty: nextEmpty(GROUP_PARTS - parts) });
      segments = [];
      packed = plain = parts = 0;
    }
    segments.push(segment);
    parts += files;
    packed += size;
    plain += segment.plain;
  }
  yield makeGroup(table, plan, { segments, empty: nextEmpty(GROUP_PARTS) });
  while (given < empty.length) {
    yield makeGroup(table, plan, { segments: [], empty: nextEmpty(GROUP_PARTS) });
  }
}

/** Rows of files without content: they are in no member, any group will do. */
function emptyFiles(table: Table, plan: LayerPlan): number[] {
  const found: number[] = [];
  for (let row = 0; row < table.length; row++) {
    const empty = table.chunkCount(row) === 0 && table.type(row) === "file";
    if (empty && !plan.skipped.has(row)) found.push(row);
  }
  return found;
}

function makeGroup(
  table: Table,
  plan: LayerPlan,
  { segments, empty }: { segments: Segment[]; empty: number[] },
): Group {
  const starts: number[] = [];
  const ends: number[] = [];
  const inParts: Entry[] = [];
  const completed: Entry[] = [];
  const files = new FilePartsWriter();
  const { chunks } = table;
  let [packed, plain, whole] = [0, 1, empty.length];
  for (const row of empty) {
    const digest = table.digest(row);
    const hex = digest === undefined ? EMPTY_HEX : hexOf(digest);
    const { path, mode, mtime } = placeOf(table, plan, row);
    files.add({ segment: 0, inner: 0, size: 0, hex, path, at: undefined, mode, mtime });
  }
  const firstOfAll = segments[0]?.first ?? 0;
  const hexes = chunks.hexes(firstOfAll, segments.at(-1)?.last ?? 0);
  for (const [segment, { start, end, plain: bytes, first, last }] of segments.entries()) {
    starts.push(start);
    packed += end - start;
    ends.push(packed);
    plain += bytes;
    for (let i = first; i < last; i++) {
      const row = chunks.row(i);
      if (plan.skipped.has(row)) continue;
      const [inner, size, hex] = [chunks.inner(i), chunks.size(i), hexes[i - firstOfAll]!];
      const { path, mode, mtime } = placeOf(table, plan, row);
      const isWhole = size === table.size(row);
      const at = isWhole ? undefined : chunks.at(i);
      files.add({ segment, inner, size, hex, path, at, mode, mtime });
      if (isWhole) whole++;
      else if (at === 0) inParts.push(entryOf(table, plan, row));
      else if (chunks.at(i) + size === table.size(row)) completed.push(entryOf(table, plan, row));
    }
  }
  return { starts, ends, packed, plain, files: files.parts(), whole, inParts, completed };
}

const EMPTY_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function entryOf(table: Table, plan: LayerPlan, row: number): Entry {
  return plan.moved.get(row) ?? table.entry(row);
}

/** Where a file goes and how, without an entry being made of it. */
function placeOf(
  table: Table,
  plan: LayerPlan,
  row: number,
): { path: string; mode: number; mtime: number } {
  return plan.moved.get(row) ??
    { path: table.path(row), mode: table.mode(row), mtime: table.mtime(row) };
}

/** Everything between two places where a chunk's member begins, from the layer's begin to the tar's end. */
function* segmentsOf({ footer, table }: LayerTable): Generator<Segment> {
  const { chunks } = table;
  const begin = (start: number, first: number): Segment => {
    return { start, end: 0, plain: HEADER_GUESS, first, last: first };
  };
  let segment = begin(0, 0);
  let row = -1;
  for (let i = 0; i < chunks.length; i++) {
    segment.plain += HEADER_GUESS * (chunks.row(i) - row);
    row = chunks.row(i);
    const member = chunks.member(i);
    if (segment.start !== member) {
      segment.end = member;
      yield segment;
      segment = begin(member, i);
    }
    segment.plain = Math.max(segment.plain, chunks.innerEnd(i) + 2 * HEADER_GUESS);
    segment.last = i + 1;
  }
  segment.plain += HEADER_GUESS * (table.length - 1 - row);
  segment.end = footer.contentEnd;
  yield segment;
  // The table of a gzip layer is itself in the tar, and the blocks that end it follow in the same member.
  if (footer.format === "gzip") {
    const plain = 8 * (footer.tocEnd - footer.tocStart) + 4 * HEADER_GUESS;
    const none = chunks.length;
    yield { start: footer.tocStart, end: footer.tocEnd, plain, first: none, last: none };
  }
}
