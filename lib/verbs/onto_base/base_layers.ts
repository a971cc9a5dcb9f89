/**
 * The layers of an artifact that a push builds on: whether they can stay below a layer of this push, and what is in
 * them.
 *
 * @module
 */

import { findLayerTables } from "../../archive/read/layer_tables.ts";
import { formatOf, layersOf } from "../../archive/read/layer_kind.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { listedBudget } from "../../archive/table/parse_table.ts";
import { canGroup } from "../../archive/unpack/check_layer.ts";
import { readDiffIds } from "../../archive/unpack/diff_ids.ts";
import { isIndex } from "../../artifact/manifest.ts";
import { checkPlatform } from "../../artifact/platform.ts";
import { asDigest, type Digest, isDigest } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import { ANNOTATION, type Descriptor, type Document, type Manifest } from "../../types.ts";
import { PLATFORM } from "../push/image_documents.ts";
import type { PushFormat, PushSettings } from "../push/settings.ts";
import type { Amount } from "./depth.ts";
import type { FoundBase, Unfit } from "./found_base.ts";

/** A layer that may stay. */
export interface BaseLayer {
  /** As the base's manifest has it. */
  descriptor: Descriptor;
  /** Digest of its tar, as the base's config states it. */
  diffId: Digest;
  /** Digest of its table, as the manifest states it. */
  tocDigest: Digest;
  /** Its table, whose digest that is. */
  table: LayerTable;
}

/**
 * Opens the layers of a base.
 *
 * @returns why it does not fit, where it does not
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, and what the source throws
 */
export async function openBase(
  { root, source }: FoundBase,
  settings: PushSettings & PushFormat,
): Promise<{ layers: BaseLayer[]; holds: Amount } | Unfit> {
  const { signal, platform = PLATFORM, encoder, mediaType, maxEntries } = settings;
  if (isIndex(root)) {
    return { reason: "other-platform", why: "the base is an index, with other platforms perhaps" };
  }
  const manifest = root as Document<Manifest>;
  const foreign = (why: string): Unfit => ({ reason: "foreign", why: `${why}` });
  if (!isDigest(manifest.value.annotations?.[ANNOTATION.treeDigest])) {
    return foreign("the base was not made by a push of a directory");
  }
  const { archives, files } = layersOf(manifest);
  if (files.length > 0) return foreign("the base holds files as they are");
  const pinned = encoder === "gzip-1" ? encoder : undefined;
  const odd = archives.find((layer) =>
    layer.mediaType !== mediaType || layer.annotations?.[ANNOTATION.encoder] !== pinned
  );
  if (odd !== undefined) {
    const why = formatOf(odd.mediaType) === formatOf(mediaType)
      ? "the base was pushed with other options"
      : "the base is compressed otherwise";
    return { reason: "other-options", why };
  }
  try {
    await checkPlatform(source, manifest, platform, { signal });
  } catch (error) {
    if (!isBlobberError(error, "not-found")) throw error;
    return { reason: "other-platform", why: "the base is for another platform" };
  }
  const diffIds = await readDiffIds(source, manifest.value, { signal });
  if (diffIds === undefined) return foreign("the base's config states no DiffIDs");
  const budget = listedBudget(maxEntries);
  const tables = await findLayerTables(source, archives, { signal, budget });
  const layers: BaseLayer[] = [];
  const holds: Amount = { entries: 0, bytes: 0 };
  for (const [i, descriptor] of archives.entries()) {
    const table = tables[i];
    if (table === undefined || !canGroup(table)) {
      return foreign(`the layer ${descriptor.digest} has no table of contents that can be used`);
    }
    const tocDigest = asDigest(descriptor.annotations![ANNOTATION.tocDigest]);
    layers.push({ descriptor, diffId: diffIds[i]!, tocDigest, table });
    holds.entries += table.table.length;
    for (const row of table.table.names.keys()) holds.bytes += table.table.size(row);
  }
  return { layers, holds };
}
