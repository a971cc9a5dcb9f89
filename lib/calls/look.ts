/**
 * The calls that tell what is in a store: `verify`, `resolve` and `listTags`.
 *
 * @module
 */

import type { VerifyOptions } from "../options.ts";
import type { VerifyResult } from "../results.ts";
import type { CallOptions } from "../store.ts";
import { readName, selectorOf } from "../stores/named.ts";
import type { Descriptor } from "../types.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveOptions } from "./named_artifact.ts";

/** Verifies what a caller names. */
export async function verifyNamed(
  session: Session,
  ref: Readable,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const named = readName(ref);
  const { verifyArtifact } = await import("../verbs/verify.ts");
  const settings = { ...resolveOptions(session, named, options), whole: options.whole };
  const source = await session.stores.source(named, options);
  return await verifyArtifact(source, selectorOf(named), settings);
}

/** What a reference names, as the store says. */
export async function resolveOnly(
  session: Session,
  ref: Readable,
  options: CallOptions,
): Promise<Descriptor> {
  const named = readName(ref);
  const store = await session.stores.store(named, options);
  return await store.resolve(selectorOf(named), options);
}

/** The tags of a store. */
export async function* tagsIn(
  session: Session,
  ref: Readable,
  options: CallOptions,
): AsyncIterable<string> {
  const { listTags } = await import("../verbs/tags.ts");
  yield* listTags(await session.stores.store(readName(ref), options), options);
}
