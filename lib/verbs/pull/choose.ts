/**
 * What a pull takes of an artifact where that is a part, or goes into a tar: the tree of all layers, the entries
 * that are taken of it, and how their contents are had.
 *
 * @module
 */

import { allowanceFor } from "../../archive/allowance.ts";
import { readTree } from "../../archive/read/tree_contents.ts";
import { bytesOf } from "../../archive/select/chunk_runs.ts";
import { type ContentPlan, planContents } from "../../archive/select/content_plan.ts";
import { PathFilter } from "../../archive/select/path_filter.ts";
import { select, type Selection } from "../../archive/select/selection.ts";
import { inPlaces } from "../../archive/select/taken.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { Digest } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import { MAX_LISTED_ENTRIES } from "../../limits.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Descriptor, Document, Manifest } from "../../types.ts";
import { type OpenLayers, openLayers } from "./open_layers.ts";
import { isPart, type PullRules, type PullSettings } from "./settings.ts";

/** What is taken. */
export interface Choice {
  selection: Selection;
  /** The tables of the layers, where they have one. */
  tables: readonly (LayerTable | undefined)[];
  plan: ContentPlan;
  /** Bytes of layers that were read to know. */
  read: number;
  /** Bytes that are to be read of layers. */
  toRead: number;
  /** The digest of a layer's tar that the config states, if it does. */
  diffIdOf(layer: Descriptor): Digest | undefined;
  /** Removes what is kept of layers without a table. */
  close(): void;
}

/** How a choice is made. */
export interface ChooseOptions {
  /** The layers, where they are open. @default they are opened */
  layers?: OpenLayers | undefined;
  /** As in `ContentsOptions`. @default false */
  hash?: boolean | undefined;
}

/** Opens layers of which a part may be taken. */
export async function openToChoose(
  source: Source,
  manifest: Document<Manifest>,
  { signal, meanwhile = () => {} }: CallOptions & { meanwhile?: (() => void) | undefined },
): Promise<OpenLayers> {
  return await openLayers(source, manifest, { limits: ANY_SIZE, signal, meanwhile });
}

/** All that a listing accepts: what counts for the limits of a pull is what it takes. */
const ANY_SIZE = { maxEntries: MAX_LISTED_ENTRIES, maxBytes: Infinity, maxFileBytes: Infinity };

/**
 * Reads what is in an artifact, and chooses. Archives without a table are downloaded and checked, and what may be
 * taken of them is kept in temporary files.
 *
 * @param source where it is
 * @param manifest its manifest, checked
 * @throws {BlobberError} as `openLayers`, `readTree` and `select`
 */
export async function choose(
  source: Source,
  manifest: Document<Manifest>,
  settings: PullSettings,
  { limits, policy, sent }: PullRules,
  how: ChooseOptions = {},
): Promise<Choice> {
  const { signal, include = [], exclude = [], stripComponents } = settings;
  // The caller's own objects, which may change while the registry is asked.
  const places = settings.places?.map(({ from, to }) => ({ from, to }));
  const { layers = await openToChoose(source, manifest, { signal }) } = how;
  const { archives, files } = layers;
  const tables = archives.map(({ table }) => table);
  const diffIds = new Map(archives.map(({ descriptor, diffId }) => [descriptor, diffId]));
  const diffIdOf = (layer: Descriptor) => diffIds.get(layer);
  const filter = new PathFilter(include, exclude);
  const isPlaced = places && inPlaces(places);
  const contents = await readTree(
    source,
    { archives: archives.map(({ descriptor }) => descriptor), files },
    tables,
    {
      ...observerOf(settings),
      maxBytes: Math.max(settings.maxBytes ?? 0, allowanceFor(sent).bytes),
      keeps: isPlaced ?? ((path) => filter.takes(path, false)),
      diffIdOf,
      hash: how.hash,
    },
  );
  try {
    const { digest } = manifest.descriptor;
    const taking = {
      ...settings,
      include,
      exclude,
      stripComponents,
      places,
      limits,
      policy,
      digest,
    };
    const selection = await select(contents, taking);
    const plan = planContents(selection.entries, tables);
    const read = archives.reduce(
      (sum, { descriptor, table }) => sum + (table?.tail.bytes.length ?? descriptor.size),
      0,
    );
    const close = () => contents.close();
    return { selection, tables, plan, read, toRead: bytesToRead(plan), diffIdOf, close };
  } catch (error) {
    contents.close();
    throw error;
  }
}

/** Who takes everything is not surprised that everything is downloaded. */
function observerOf(settings: PullSettings): Observer {
  const { signal, onProgress, onNotice } = settings;
  if (isPart(settings)) return { signal, onProgress, onNotice };
  return {
    signal,
    onProgress,
    onNotice: onNotice && ((notice) => {
      if (notice.code !== "whole-download") onNotice(notice);
    }),
  };
}

function bytesToRead({ layers, whole }: ContentPlan): number {
  const inLayers = layers.reduce((sum, { runs }) => sum + bytesOf(runs), 0);
  return whole.reduce((sum, { content }) => sum + content.layer.size, inLayers);
}
