/**
 * From what a caller names to a proven artifact in its store: where every call that reads begins.
 *
 * @module
 */

import type { ReadOptions } from "../options.ts";
import type { Source, SourceReference, StoreReference } from "../store.ts";
import type { CacheOptions } from "../stores/cache/cached_source.ts";
import { type Named, readName, type Reference, selectorOf, signedName } from "../stores/named.ts";
import { type Artifact, resolveArtifact, type ResolveOptions } from "../verbs/resolve.ts";
import type { Session } from "../verbs/session.ts";

/** What can be read: a reference, as text or parsed, or an artifact in a store that is open. */
export type Readable = string | Reference | SourceReference;

/** What can be written, too: a reference, or a place in a store that is open. */
export type Writable = string | Reference | StoreReference;

/** What can be removed: one or several, all in one place. */
export type Removable = Writable | readonly Writable[];

/** What a caller names, before it is resolved: where it is read from, its tag or digest, and how it is resolved. */
export interface Found {
  source: Source;
  selector: string;
  settings: ResolveOptions;
}

/** Finds the source of what a caller names. Nothing in it is read. */
export async function sourceOf(
  session: Session,
  ref: Readable,
  options: ReadOptions & Pick<CacheOptions, "traffic">,
): Promise<Found> {
  const named = readName(ref);
  const source = await session.stores.source(named, options);
  const settings = resolveOptions(session, named, options);
  return { source, selector: selectorOf(named), settings };
}

/** Resolves once, and proves what it found where there is a verifier. */
export async function resolveNamed(
  session: Session,
  ref: Readable,
  options: ReadOptions & Pick<CacheOptions, "traffic">,
): Promise<{ source: Source; artifact: Artifact }> {
  const { source, selector, settings } = await sourceOf(session, ref, options);
  return { source, artifact: await resolveArtifact(source, selector, settings) };
}

/** How what was named is resolved: as the call says, else as the client does. */
export function resolveOptions(
  session: Session,
  named: Named<Source>,
  options: ReadOptions,
): ResolveOptions {
  const { expect, platform, onNotice, onProgress, signal } = options;
  const verifier = options.verifier ?? session.options.verifier;
  const name = signedName(named);
  return { expect, platform, onNotice, onProgress, signal, verifier, name };
}
