/**
 * The calls that tell what is in a store or a registry: `verify`, `resolve`, `tags`, `listTags`,
 * `repositories` and `store`.
 *
 * @module
 */

import type {
  ReadOptions,
  RepositoriesOptions,
  TagListOptions,
  VerifyOptions,
} from "../options.ts";
import { addressOf, parseRegistry } from "../reference.ts";
import type { VerifyResult } from "../results.ts";
import type { CallOptions, Store } from "../store.ts";
import { readName, selectorOf } from "../stores/named.ts";
import type { Descriptor } from "../types.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveOptions, sourceOf, type Writable } from "./named_artifact.ts";

/** Verifies what a caller names. */
export async function verifyNamed(
  session: Session,
  ref: Readable,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const { source, selector, settings } = await sourceOf(session, ref, options);
  const { verifyArtifact } = await import("../verbs/verify.ts");
  return await verifyArtifact(source, selector, { ...settings, whole: options.whole });
}

/**
 * What a reference names: as the store says, unless the call asks for more than that. The client's own verifier
 * is for what reads: who wants to know what a name stands for wants to know it of what is not signed, too.
 */
export async function resolveOnly(
  session: Session,
  ref: Readable,
  options: ReadOptions,
): Promise<Descriptor> {
  const named = readName(ref);
  const { verifier, platform, expect } = options;
  const store = await session.stores.store(named, options);
  if (verifier === undefined && platform === undefined && expect === undefined) {
    return await store.resolve(selectorOf(named), options);
  }
  const { resolveArtifact, resolveRoot } = await import("../verbs/resolve.ts");
  const settings = { ...resolveOptions(session, named, options), verifier };
  const found = platform === undefined
    ? (await resolveRoot(store, selectorOf(named), settings)).root
    : (await resolveArtifact(store, selectorOf(named), settings)).manifest;
  const { mediaType, digest, size } = found.descriptor;
  return { mediaType, digest, size };
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

/** The tags of a store, sorted. */
export async function sortedTagsIn(
  session: Session,
  ref: Readable,
  options: TagListOptions,
): Promise<string[]> {
  const { sortedTags } = await import("../verbs/tags.ts");
  return await sortedTags(await session.stores.store(readName(ref), options), options);
}

/** The repositories of a registry. */
export async function repositoriesOf(
  session: Session,
  host: string,
  options: RepositoriesOptions,
): Promise<string[]> {
  const { limit = Infinity, signal } = options;
  const registry = parseRegistry(host);
  const { listRepositories } = await import("../registry/distribution/repositories.ts");
  const found: string[] = [];
  if (limit === 0) return found;
  const how = { ...session.options, signal, most: limit };
  for await (const path of listRepositories(registry, how)) {
    found.push(`${addressOf(registry)}/${path}`);
    if (found.length >= limit) break;
  }
  return found;
}

/** The store that a reference is in. */
export async function storeOf(
  session: Session,
  ref: Writable,
  options: CallOptions,
): Promise<Store> {
  return await session.stores.store(readName(ref), options);
}
