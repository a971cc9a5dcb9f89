/**
 * The calls that describe an artifact: `inspect`, `tree` and `raw`.
 *
 * @module
 */

import { checkRawPart } from "../doors/options.ts";
import type {
  InspectOptions,
  InspectResult,
  RawOptions,
  RawPart,
  RawResult,
  TreeOptions,
  TreeResult,
} from "../looking.ts";
import { readName } from "../stores/named.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, sourceOf } from "./named_artifact.ts";

export type {
  InspectOptions,
  InspectResult,
  RawOptions,
  RawPart,
  RawResult,
  TreeOptions,
  TreeResult,
} from "../looking.ts";

/** Describes what a caller names. */
export async function inspectNamed(
  session: Session,
  ref: Readable,
  options: InspectOptions,
): Promise<InspectResult> {
  const { source, selector, settings } = await sourceOf(session, ref, options);
  const { inspectArtifact } = await import("../verbs/look/inspect.ts");
  const { maxEntries, tags } = options;
  const tagsOf = tags ? await session.stores.store(readName(ref), options) : undefined;
  return await inspectArtifact(source, selector, { ...settings, maxEntries, tagsOf });
}

/** The tree of what a caller names. */
export async function treeNamed(
  session: Session,
  ref: Readable,
  options: TreeOptions,
): Promise<TreeResult> {
  const { source, selector, settings } = await sourceOf(session, ref, options);
  const { treeOf } = await import("../verbs/look/tree.ts");
  return await treeOf(source, selector, { ...settings, claims: options.claims });
}

/** A part of what a caller names, as it is stored. */
export async function rawOf(
  session: Session,
  ref: Readable,
  part: RawPart,
  options: RawOptions,
): Promise<RawResult> {
  checkRawPart(part);
  const { source, selector, settings } = await sourceOf(session, ref, options);
  const { readRaw } = await import("../verbs/look/raw.ts");
  return await readRaw(source, selector, { ...settings, part, layer: options.layer });
}
