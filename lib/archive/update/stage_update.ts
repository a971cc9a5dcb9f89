/**
 * Puts everything that an update makes anew into a staging directory: from the disk what is there, the rest from
 * the image.
 *
 * @module
 */

import { linkSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import type { Source } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import { fileError } from "../../system/system_error.ts";
import type { DirectoryCursor } from "../destination/directory_cursor.ts";
import { statOf } from "../destination/conflicts.ts";
import { runsOf } from "../select/chunk_runs.ts";
import type { ContentPlan } from "../select/content_plan.ts";
import type { UnpackWholeOptions } from "../select/unpack_whole.ts";
import { makeDirectories, unpackContents } from "../select/unpack_selection.ts";
import { Pace } from "../../system/pace.ts";
import { type StagedLocally, stageLocal } from "./stage_local.ts";
import { isTableFile, rest, type UpdatePlan, wantedOf } from "./update_plan.ts";
import type { LinkedName, NeededFile, UpdateWork } from "./update_work.ts";

/** Where an update is staged, and from what. */
export interface StageUpdateOptions extends UnpackWholeOptions {
  /** Goes through the destination. */
  cursor: DirectoryCursor;
  /** How the system is told the destination, which is held. */
  root: string;
}

/**
 * Stages an update. When it has returned, all that is in the staging directory is checked; symbolic links are not
 * made yet.
 *
 * @param source where the image is
 * @throws {BlobberError} as `unpackSelection`
 */
export async function stageUpdate(
  source: Source,
  work: UpdateWork,
  plan: UpdatePlan,
  options: StageUpdateOptions,
): Promise<void> {
  const { staging, root, signal, onFiles } = options;
  const pace = new Pace(signal);
  await makeDirectories(work.tree, options);
  const local = await stageLocal(plan.local, { staging, root, pace, onFiles });
  const contents = withMissing(plan, local);
  await unpackContents(source, work.hardlinks, contents, {
    ...options,
    begun: local.begun,
    readsWhole: (wanted) => plan.whole.has(wanted),
  });
  for (const one of work.linked) {
    if (pace.due()) await pace.breathe();
    linkName(one, options);
  }
}

/** The plan, with the chunks that were to come from the disk and did not. */
function withMissing({ contents }: UpdatePlan, { missing }: StagedLocally): ContentPlan {
  if (missing.size === 0) return contents;
  const whole = [...contents.whole];
  const layers = contents.layers.map((layer) => {
    const more = [...missing].flatMap(([file, chunks]) => {
      if (!isTableFile(file) || file.content.layer !== layer.layer) return [];
      const lost = new Set(chunks.map(({ index }) => index));
      const { chunkCount } = file.content.row;
      const here = Array.from({ length: chunkCount }, (_, index) => ({ index }))
        .filter(({ index }) => !lost.has(index));
      return rest(wantedOf(file), here);
    });
    if (more.length === 0) return layer;
    const wanted = [...layer.runs.flatMap(({ files }) => files), ...more];
    const firstOf = (one: typeof wanted[number]) => one.part?.from ?? one.located.row.first;
    return { ...layer, runs: runsOf(layer.layer, wanted.sort((a, b) => firstOf(a) - firstOf(b))) };
  });
  for (const file of missing.keys()) if (isWholeLayer(file)) whole.push(file);
  return { ...contents, layers, whole };
}

function isWholeLayer(file: NeededFile): file is ContentPlan["whole"][number] & NeededFile {
  return file.content.kind === "layer";
}

/** Gives a file that stays another name, which is moved into place with the rest. */
function linkName(
  { entry, to }: LinkedName,
  { staging, cursor }: Pick<StageUpdateOptions, "staging" | "cursor">,
): void {
  const slash = to.lastIndexOf("/");
  const dir = cursor.at(to.slice(0, Math.max(0, slash)));
  const found = statOf(dir, to.slice(slash + 1));
  // A link that was put in the file's place would be linked as one, and is none of ours.
  if (!found?.isFile()) {
    throw new BlobberError("conflict", `${quote(to)} was changed while the pull ran`);
  }
  try {
    linkSync(dir.entry(to.slice(slash + 1)), `${staging.root}/${entry.path}`);
  } catch (cause) {
    throw fileError("cannot make the hard link", entry.path, cause);
  }
}
