/**
 * Cuts a layer into groups of whole members, each a job for a worker.
 *
 * @module
 */

import { hexOf } from "../../digest.ts";
import type { Entry } from "../entry.ts";
import type { LayerTable } from "../read/layer_table.ts";
import type { LayerPlan } from "./plan.ts";
import type { Row } from "../read/table.ts";
import { type FilePart, type FileParts, FilePartsWriter } from "./file_parts.ts";

/** Packed bytes that make a group: enough to be worth the way to a worker, few enough to have several. */
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

interface Segment {
  start: number;
  end: number;
  plain: number;
  parts: { row: Row; chunk: number }[];
}

/**
 * Whether a layer can be unpacked group by group: not when a member is so large that several in memory
 * would be too much.
 */
export function canGroup(layer: LayerTable): boolean {
  const { members, rows } = layer.table;
  return members.every((start, i) =>
    (members[i + 1] ?? layer.footer.contentEnd) - start <= MAX_SEGMENT_BYTES
  ) && rows.every(({ columns, first, chunkCount }) => {
    for (let i = first; i < first + chunkCount; i++) {
      if (columns.innerEnd(i) > MAX_SEGMENT_BYTES) return false;
    }
    return true;
  });
}

/**
 * The groups of a layer, in order; together they are all of the tar.
 *
 * @param layer its table
 * @param plan the files to write
 */
export function* groupsOf(layer: LayerTable, plan: LayerPlan): Generator<Group> {
  let segments: Segment[] = [];
  let [packed, plain, parts] = [0, 0, 0];
  // Files without content are in no member; any group will do.
  const empty = layer.table.rows.filter((row) =>
    row.entry.type === "file" && row.chunkCount === 0 && !plan.skipped.has(row)
  );
  for (const segment of segmentsOf(layer)) {
    const size = segment.end - segment.start;
    const full = packed + size > GROUP_BYTES || plain + segment.plain > PLAIN_BYTES ||
      parts + segment.parts.length > GROUP_PARTS;
    if (full && segments.length > 0) {
      yield makeGroup(segments, plan, empty.splice(0, GROUP_PARTS - parts));
      segments = [];
      packed = plain = parts = 0;
    }
    segments.push(segment);
    parts += segment.parts.length;
    packed += size;
    plain += segment.plain;
  }
  yield makeGroup(segments, plan, empty.splice(0, GROUP_PARTS));
  while (empty.length > 0) yield makeGroup([], plan, empty.splice(0, GROUP_PARTS));
}

function makeGroup(segments: Segment[], plan: LayerPlan, empty: Row[]): Group {
  const starts: number[] = [];
  const ends: number[] = [];
  const inParts: Entry[] = [];
  const completed: Entry[] = [];
  const files = new FilePartsWriter();
  let [packed, plain, whole] = [0, 1, empty.length];
  for (const row of empty) {
    files.add(partOf(row, plan.moved.get(row) ?? row.entry, undefined, 0));
  }
  for (const [i, segment] of segments.entries()) {
    starts.push(segment.start);
    packed += segment.end - segment.start;
    ends.push(packed);
    plain += segment.plain;
    for (const { row, chunk } of segment.parts) {
      if (plan.skipped.has(row)) continue;
      const entry = plan.moved.get(row) ?? row.entry;
      files.add(partOf(row, entry, chunk, i));
      if (row.chunkCount === 1) whole++;
      else if (chunk === 0) inParts.push(entry);
      else if (chunk === row.chunkCount - 1) completed.push(entry);
    }
  }
  return { starts, ends, packed, plain, files: files.parts(), whole, inParts, completed };
}

const EMPTY_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function partOf(
  row: Row,
  { path, mode, mtime }: Entry,
  index: number | undefined,
  segment: number,
): FilePart {
  if (index === undefined) {
    const hex = row.digest === undefined ? EMPTY_HEX : hexOf(row.digest);
    return { segment, inner: 0, size: 0, hex, path, at: undefined, mode, mtime };
  }
  const { columns, chunkCount } = row;
  const i = row.first + index;
  const at = chunkCount > 1 ? columns.at(i) : undefined;
  const [inner, size, hex] = [columns.inner(i), columns.size(i), columns.hex(i)];
  return { segment, inner, size, hex, path, at, mode, mtime };
}

/** Everything between two places where a chunk's member begins, from the layer's begin to the tar's end. */
function* segmentsOf(layer: LayerTable): Generator<Segment> {
  const { footer, table } = layer;
  const begin = (start: number): Segment => ({ start, end: 0, plain: HEADER_GUESS, parts: [] });
  let segment = begin(0);
  for (const row of table.rows) {
    segment.plain += HEADER_GUESS;
    for (let i = 0; i < row.chunkCount; i++) {
      const member = row.columns.member(row.first + i);
      if (segment.start !== member) {
        segment.end = member;
        yield segment;
        segment = begin(member);
      }
      const end = row.columns.innerEnd(row.first + i);
      segment.plain = Math.max(segment.plain, end + 2 * HEADER_GUESS);
      segment.parts.push({ row, chunk: i });
    }
  }
  segment.end = footer.contentEnd;
  yield segment;
  // The table of a gzip layer is itself in the tar, and the blocks that end it follow in the same member.
  if (footer.format === "gzip") {
    const plain = 8 * (footer.tocEnd - footer.tocStart) + 4 * HEADER_GUESS;
    yield { start: footer.tocStart, end: footer.tocEnd, plain, parts: [] };
  }
}
