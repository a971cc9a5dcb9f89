/**
 * From where an update has each chunk of the files that it makes: from the disk, or from the layers in few ranges.
 * A layer of which nearly all is needed is read as a whole.
 *
 * @module
 */

import { knownParts } from "../compare/expected.ts";
import type { Content } from "../read/content.ts";
import { bytesOf, chunksOf, endEarly, runsOf, type WantedFile } from "../select/chunk_runs.ts";
import {
  type ContentPlan,
  isOf,
  MOST_IN_PARTS,
  planContents,
  type WantedLayer,
} from "../select/content_plan.ts";
import type { SelectedEntry } from "../select/selection.ts";
import { isReadWhole } from "../select/unpack_selection.ts";
import type { LayerEnd, LayerTable } from "../table/layer_table.ts";
import type { LocalPlace } from "./local_sources.ts";
import type { NeededFile } from "./update_work.ts";

/** A chunk that is taken from the disk. */
export interface LocalChunk {
  /** Which of the file's chunks. */
  index: number;
  /** Where in the file it goes, and its bytes. */
  at: number;
  size: number;
  /** Its digest, in hexadecimal. */
  hex: string;
  from: LocalPlace;
}

/** A file of which chunks are taken from the disk. */
export interface LocalFile {
  file: NeededFile;
  chunks: readonly LocalChunk[];
}

const NONE: readonly LocalChunk[] = [];

/** From where everything comes. */
export interface UpdatePlan {
  local: LocalFile[];
  contents: ContentPlan;
  /** Layers that are read as a whole. */
  whole: Set<WantedLayer>;
  /** Bytes that are fetched of layers. */
  toFetch: number;
}

/**
 * Bytes between two members that are fetched along: of an update they are few that are needed, and far apart, so that
 * what is fetched for nothing would soon be more than those.
 */
const UPDATE_GAP = 16 * 1024;

type TableFile = NeededFile & { content: Content & { kind: "table" } };

/**
 * Plans an update.
 *
 * @param files whose content is needed
 * @param tables of the image's layers, where they have one
 * @param placeOf where on the disk a chunk is, by its digest
 */
export function planUpdate(
  files: readonly NeededFile[],
  tables: readonly (LayerTable | undefined)[],
  placeOf: ((hex: string) => LocalPlace | undefined) | undefined,
): UpdatePlan {
  const locals = new Map<SelectedEntry, readonly LocalChunk[]>();
  for (const file of files) {
    const hasNone = placeOf === undefined && file.right.length === 0;
    locals.set(file, hasNone ? NONE : localChunks(file, placeOf ?? (() => undefined)));
  }
  const inFull = planContents(files, tables);
  const plan: UpdatePlan = {
    local: [],
    contents: { ...inFull, whole: inFull.whole.filter((file) => locals.get(file)!.length === 0) },
    whole: new Set(),
    toFetch: 0,
  };
  const wholeLayers = new Set<LayerEnd>();
  plan.contents.layers = inFull.layers.map((layer) => {
    const wanted = layer.runs.flatMap(({ files }) => files) as WantedFile<NeededFile>[];
    const needed = wanted.flatMap((one) => rest(one, locals.get(one.file)!));
    const reduced = { ...layer, runs: runsOf(layer.layer, needed, UPDATE_GAP) };
    if (layer.layer.footer.format === "gzip") endEarly(reduced.runs);
    const isWhole = isReadWhole(reduced) && !comesWithTable(reduced);
    if (!isWhole) return reduced;
    plan.whole.add(layer);
    wholeLayers.add(layer.layer);
    return layer;
  });
  for (const file of files) {
    const chunks = locals.get(file)!;
    const { content } = file;
    const comesWhole = content.kind === "table" && wholeLayers.has(content.layer);
    if (chunks.length > 0 && !comesWhole) plan.local.push({ file, chunks });
  }
  plan.toFetch = bytesToFetch(plan);
  return plan;
}

/** The chunks of a file that have to be fetched, in ranges. */
export function rest<T extends SelectedEntry>(
  wanted: WantedFile<T>,
  local: readonly { index: number }[],
): WantedFile<T>[] {
  if (local.length === 0) return [wanted];
  const here = new Set(local.map(({ index }) => index));
  const { first } = wanted.located.row;
  const { from, to } = chunksOf(wanted);
  const parts: WantedFile<T>[] = [];
  for (let i = from; i < to;) {
    if (here.has(i - first)) {
      i++;
      continue;
    }
    const begin = i;
    while (i < to && !here.has(i - first)) i++;
    parts.push({ ...wanted, part: { from: begin, to: i } });
  }
  return parts;
}

/** A file as it is wanted of its layer. */
export function wantedOf(file: TableFile): WantedFile<NeededFile> {
  return { file, located: file.content };
}

/** Whether a file is in a layer with a table. */
export function isTableFile(file: NeededFile): file is TableFile {
  return isOf(file, "table");
}

function localChunks(
  file: NeededFile,
  placeOf: (hex: string) => LocalPlace | undefined,
): LocalChunk[] {
  if (file.content.kind === "spool") return [];
  const { sizes, hexes } = knownParts(file);
  const right = new Set(file.right);
  const chunks: LocalChunk[] = [];
  let at = 0;
  for (const [index, size] of sizes.entries()) {
    const hex = hexes.slice(index * 64, (index + 1) * 64);
    const from = right.has(index) ? { path: file.entry.path, at } : placeOf(hex);
    if (from !== undefined) chunks.push({ index, at, size, hex, from });
    at += size;
  }
  return chunks;
}

/** Whether what is needed is in memory since the table was read, and not nearly all of the layer. */
function comesWithTable({ layer: { layer, tail }, runs }: WantedLayer): boolean {
  return runs.every(({ start }) => start >= tail.start) &&
    bytesOf(runs) <= MOST_IN_PARTS * layer.size;
}

function bytesToFetch({ contents, whole }: UpdatePlan): number {
  let bytes = contents.whole.reduce((sum, { content }) => sum + content.layer.size, 0);
  for (const wanted of contents.layers) {
    const { layer, tail } = wanted.layer;
    if (whole.has(wanted)) bytes += layer.size;
    // What came with the table is in memory.
    else bytes += bytesOf(wanted.runs.filter(({ start }) => start < tail.start));
  }
  return bytes;
}
