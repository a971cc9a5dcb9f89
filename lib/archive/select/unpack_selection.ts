/**
 * Puts the files of a selection into a staging directory: those of a layer with a table by its runs, several at a
 * time; or the whole layer, where nearly all of it is wanted.
 *
 * @module
 */

import { FILES_READ } from "../../limits.ts";
import type { Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { Pace } from "../../system/pace.ts";
import { beginParts, finishParts, StagedFile, writePart } from "../destination/staged_file.ts";
import { IMPLIED_MODE } from "../entry.ts";
import { openContent } from "../read/file_content.ts";
import { canGroup } from "../unpack/groups.ts";
import { unpackFiles } from "../unpack/unpack_files.ts";
import type { PlacedTree } from "../tree/placed_tree.ts";
import { type ContentPlan, isWorthWhole, type WantedLayer } from "./content_plan.ts";
import { readRun } from "./read_run.ts";
import type { SelectedEntry, Selection } from "./selection.ts";
import { unpackWhole, type UnpackWholeOptions } from "./unpack_whole.ts";

/**
 * Unpacks a selection. When it has returned everything in the staging directory is checked: of what was read in
 * parts each chunk, of what was read whole the layer too.
 *
 * @param source where the image is
 * @param selection what of it
 * @param plan how its contents are had
 * @throws {BlobberError} `integrity`, `limit`, `file-system`, and what the source throws
 */
export async function unpackSelection(
  source: Source,
  { tree, entries }: Selection,
  plan: ContentPlan,
  options: UnpackWholeOptions,
): Promise<void> {
  await makeDirectories(tree, options);
  await unpackContents(source, entries, plan, options);
}

/** Makes the directories of a tree in a staging directory. */
export async function makeDirectories(
  tree: PlacedTree,
  { staging, signal }: Pick<UnpackWholeOptions, "staging" | "signal">,
): Promise<void> {
  const pace = new Pace(signal);
  for (const { path, entry } of tree.directories()) {
    if (pace.due()) await pace.breathe();
    staging.directory(path, entry?.mode ?? IMPLIED_MODE);
  }
}

/** Files of which a part is there already: of each, how many chunks are still to come. */
export type BegunFiles = Map<SelectedEntry, number>;

/** How contents are unpacked. */
export interface UnpackContentsOptions extends UnpackWholeOptions {
  /** Files that were begun. @default none */
  begun?: BegunFiles | undefined;
  /** Whether a layer is read as a whole. @default where nearly all of it is wanted */
  readsWhole?: ((wanted: WantedLayer) => boolean) | undefined;
}

/**
 * As {@linkcode unpackSelection}, where the directories are there.
 *
 * @param entries whose hard links are made; their files are in the plan
 */
export async function unpackContents(
  source: Source,
  entries: readonly SelectedEntry[],
  plan: ContentPlan,
  options: UnpackContentsOptions,
): Promise<void> {
  const { staging, signal, onFiles, readsWhole = isReadWhole } = options;
  const pace = new Pace(signal);
  for (const wanted of plan.layers) {
    for (const { entry } of wanted.empty) {
      if (pace.due()) await pace.breathe();
      new StagedFile(staging, entry).finish();
    }
    onFiles(wanted.empty.length);
    await (readsWhole(wanted) ? unpackWhole : unpackParts)(source, wanted, options);
  }
  for (const file of plan.spooled) {
    await pace.breathe();
    await copySpooled(source, file, options);
    onFiles(1);
  }
  const files = plan.whole.map(({ entry, content }) => ({ entry, layer: content.layer }));
  await unpackFiles(source, { directories: [], files }, options);
  for (const { entry } of entries) {
    if (entry.type !== "hardlink") continue;
    if (pace.due()) await pace.breathe();
    staging.hardlink(entry);
  }
}

/** Whether a layer is read as a whole: nearly all of it is wanted, and it can be unpacked so. */
export function isReadWhole(wanted: WantedLayer): boolean {
  return isWorthWhole(wanted) && canGroup(wanted.layer);
}

async function unpackParts(
  source: Source,
  { layer, runs }: WantedLayer,
  options: UnpackContentsOptions,
): Promise<void> {
  const { staging, growth, signal, onBytes, onFiles, begun } = options;
  await inLanes(runs, { lanes: FILES_READ, signal }, async (run, signal) => {
    const pace = new Pace(signal);
    for await (const part of readRun(source, layer, run, { growth, signal, onBytes })) {
      if (begun?.has(part.file)) continueFile(begun, part, options);
      else {
        writeRunPart(staging, part);
        if (part.last) onFiles(1);
      }
      await pace.breathe();
    }
  });
}

function writeRunPart(
  staging: UnpackWholeOptions["staging"],
  { file: { entry }, at, bytes, last }: {
    file: SelectedEntry;
    at: number;
    bytes: Uint8Array;
    last: boolean;
  },
): void {
  if (at === 0 && last) {
    const file = new StagedFile(staging, entry);
    try {
      file.write(bytes);
      file.finish();
    } finally {
      file.close();
    }
    return;
  }
  if (at === 0) beginParts(staging, entry.path);
  writePart(staging, { path: entry.path, at }, bytes);
  if (last) finishParts(staging, entry);
}

/** Writes a chunk into a file that was begun, whose chunks come in any order. */
function continueFile(
  begun: BegunFiles,
  { file, at, bytes }: { file: SelectedEntry; at: number; bytes: Uint8Array },
  { staging, onFiles }: UnpackContentsOptions,
): void {
  writePart(staging, { path: file.entry.path, at }, bytes);
  const left = begun.get(file)! - 1;
  begun.set(file, left);
  if (left > 0) return;
  finishParts(staging, file.entry);
  onFiles(1);
}

async function copySpooled(
  source: Source,
  { entry, content }: SelectedEntry,
  options: UnpackWholeOptions,
): Promise<void> {
  const range = { start: 0, end: entry.size };
  const stream = await openContent(source, content, {
    range,
    signals: [options.signal],
    observer: options,
  });
  const file = new StagedFile(options.staging, entry);
  try {
    for await (const bytes of stream) file.write(bytes);
    file.finish();
  } finally {
    file.close();
  }
}
