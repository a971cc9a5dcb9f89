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
import { readName, selectorOf } from "../stores/named.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveOptions } from "./named_artifact.ts";

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
  const named = readName(ref);
  const { inspectArtifact } = await import("../verbs/look/inspect.ts");
  const { maxEntries, tags } = options;
  const tagsOf = tags ? await session.stores.store(named, options) : undefined;
  const settings = { ...resolveOptions(session, named, options), maxEntries, tagsOf };
  const source = await session.stores.source(named, options);
  return await inspectArtifact(source, selectorOf(named), settings);
}

/** The tree of what a caller names. */
export async function treeNamed(
  session: Session,
  ref: Readable,
  options: TreeOptions,
): Promise<TreeResult> {
  const named = readName(ref);
  const { treeOf } = await import("../verbs/look/tree.ts");
  const settings = { ...resolveOptions(session, named, options), claims: options.claims };
  const source = await session.stores.source(named, options);
  return await treeOf(source, selectorOf(named), settings);
}

/** A part of what a caller names, as it is stored. */
export async function rawOf(
  session: Session,
  ref: Readable,
  part: RawPart,
  options: RawOptions,
): Promise<RawResult> {
  checkRawPart(part);
  const named = readName(ref);
  const { readRaw } = await import("../verbs/look/raw.ts");
  const settings = { ...resolveOptions(session, named, options), part, layer: options.layer };
  return await readRaw(await session.stores.source(named, options), selectorOf(named), settings);
}
