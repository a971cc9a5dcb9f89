/**
 * Writes a selection as a tar: sorted by path, with owner and group 0 and with the modes and times that the
 * archive states, so that the same artifact gives the same bytes. Content is checked before it is written.
 *
 * Content of a layer with a table is read as it is written, where the order of the paths is by and large that of
 * the layer. Where it would be asked for in many parts it is gathered first, in the order of the layer, in a
 * private temporary file.
 *
 * @module
 */

import type { Observer } from "../../events.ts";
import { BlobberError } from "../../errors.ts";
import type { Source } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import type { Growth } from "../growth.ts";
import { openContent } from "../read/file_content.ts";
import { type TakeBytes, TarOutput } from "../tar/tar_output.ts";
import { type Run, runsOf } from "./chunk_runs.ts";
import { type ContentPlan, isOf } from "./content_plan.ts";
import { gather, type Gathered } from "./gather.ts";
import { readRun, type RunPart } from "./read_run.ts";
import type { SelectedEntry, Selection } from "./selection.ts";

/** Runs that are asked for one after the other, each while what reads the tar waits for an answer. */
const MOST_IN_A_ROW = 16;

/** What takes a tar, and what tells of it. */
export interface TarOptions extends Observer {
  growth: Growth;
  /** Takes the bytes. */
  take: TakeBytes;
  /** Called with the number of bytes of layers that came since the last call. */
  onBytes(count: number): void;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/**
 * Writes a selection.
 *
 * @param source where the image is
 * @param selection what of it
 * @param plan how its contents are had
 * @throws {BlobberError} `integrity`, before a byte that is wrong; `limit`, `file-system`, what the source throws,
 * and what takes the bytes
 */
export async function writeTarOf(
  source: Source,
  { entries }: Selection,
  plan: ContentPlan,
  options: TarOptions,
): Promise<void> {
  const { signal } = options;
  const inRow = runsInOrder(plan);
  const gathered = inRow === undefined ? await gather(source, plan.layers, options) : undefined;
  const parts = partsOf(source, inRow ?? [], options);
  const pace = new Pace(signal);
  try {
    const tar = new TarOutput(options.take);
    for (const one of entries) {
      if (pace.due()) await pace.breathe();
      await tar.entry(one.entry);
      if (one.entry.type !== "file") continue;
      if (one.entry.size > 0) await writeContent(source, one, { tar, gathered, parts, options });
      options.onFiles(1);
    }
    await tar.end();
  } finally {
    await parts.return();
    gathered?.close();
  }
}

/** A run in the only layer that has any. */
interface RunInLayer {
  layer: ContentPlan["layers"][number]["layer"];
  run: Run<SelectedEntry>;
}

/**
 * The runs in the order in which the tar wants them.
 *
 * @returns `undefined` where they are too many
 */
function runsInOrder({ layers }: ContentPlan): RunInLayer[] | undefined {
  const withRuns = layers.filter(({ runs }) => runs.length > 0);
  if (withRuns.length === 0) return [];
  const [only] = withRuns;
  if (withRuns.length > 1) return undefined; // files of several layers stand among each other
  const { layer } = only!;
  const files = only!.runs.flatMap(({ files }) => files);
  const runs = runsOf(layer, files.sort((a, b) => a.file.entry.path < b.file.entry.path ? -1 : 1));
  return runs.length > MOST_IN_A_ROW ? undefined : runs.map((run) => ({ layer, run }));
}

async function* partsOf(
  source: Source,
  runs: readonly RunInLayer[],
  { growth, signal, onBytes }: TarOptions,
): AsyncGenerator<RunPart<SelectedEntry>, void> {
  for (const { layer, run } of runs) {
    yield* readRun(source, layer, run, { growth, signal, onBytes });
  }
}

async function writeContent(
  source: Source,
  file: SelectedEntry,
  { tar, gathered, parts, options }: {
    tar: TarOutput;
    gathered: Gathered | undefined;
    parts: AsyncGenerator<RunPart<SelectedEntry>, void>;
    options: TarOptions;
  },
): Promise<void> {
  const pace = new Pace(options.signal);
  if (!isOf(file, "table")) {
    const range = { start: 0, end: file.entry.size };
    const how = { range, signals: [options.signal], observer: options };
    for await (const bytes of await openContent(source, file.content, how)) {
      await tar.content(bytes);
    }
    if (isOf(file, "layer")) options.onBytes(file.content.layer.size);
    return;
  }
  if (gathered !== undefined) {
    for (const bytes of gathered.read(file)) {
      await tar.content(bytes);
      await pace.breathe();
    }
    return;
  }
  for (;;) {
    const { value, done } = await parts.next();
    if (done || value.file !== file) {
      throw new BlobberError("unexpected", "the files of a run came in another order");
    }
    await tar.content(value.bytes);
    await pace.breathe();
    if (value.last) return;
  }
}
