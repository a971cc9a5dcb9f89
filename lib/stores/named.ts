/**
 * What a caller names: text, a parsed reference, or something in a store that is open already. Verbs see no
 * difference between the three.
 *
 * @module
 */

import { type Digest, isDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { printable, quote } from "../text/printable.ts";
import {
  formatReference,
  isTag,
  nameOf,
  parseReference,
  type Reference,
  type RegistryReference,
  type RepositoryName,
  TAG_GRAMMAR,
  tagOf,
} from "../reference.ts";
import type { SignedName } from "../signing.ts";
import type { Source, SourceReference, Store, StoreReference } from "../store.ts";

export { type Reference, selectorOf } from "../reference.ts";

/** What a caller named. */
export interface Named<S extends Source = Store> {
  /** The tag, where one was given. */
  tag?: string;
  /** The digest, where one was given; it wins over the tag. */
  digest?: Digest;
  /** As it is written, for messages; not yet printable. */
  text: string;
  /** The repository that a signature states: none for a layout, or for a store that its owner made. */
  repository?: RepositoryName | undefined;
  /** A reference whose store is to be opened, or a store that is. */
  at: Reference | { kind: "open"; store: S };
}

const REPOSITORIES = new WeakMap<Source, RegistryReference>();

/** Notes which repository the library opened a store for: it keeps the name when a caller hands it back. */
export function noteRepository(store: Source, reference: RegistryReference): void {
  REPOSITORIES.set(store, reference);
}

/** The repository that the library opened a store for; nothing for any other store. */
export function repositoryOf(store: Source): RegistryReference | undefined {
  return REPOSITORIES.get(store);
}

/**
 * Reads what a caller names.
 *
 * @throws {BlobberError} `invalid-reference`
 */
export function readName(ref: string | Reference | StoreReference): Named;
export function readName(ref: string | Reference | SourceReference): Named<Source>;
export function readName(ref: string | Reference | SourceReference): Named<Source> {
  if (typeof ref === "string") return ofReference(parseReference(ref));
  if (typeof ref === "object" && ref !== null) {
    if ("store" in ref) return inStore(ref);
    // A reference that a caller without types made by hand has its names made canonical too.
    if (ref.kind === "registry") return ofReference(parseReference(formatReference(ref)));
    if (ref.kind === "layout") return ofReference(ref);
  }
  throw new BlobberError(
    "invalid-reference",
    `invalid reference: ${quote(ref)}, expected text, a parsed reference, or { store, reference }`,
  );
}

function ofReference(reference: Reference): Named {
  const { tag, digest } = reference;
  return {
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    text: formatReference(reference),
    repository: reference.kind === "registry" ? nameOf(reference) : undefined,
    at: reference,
  };
}

function inStore(given: SourceReference): Named<Source> {
  const { store, reference } = given;
  const other = Object.keys(given).find((key) => key !== "store" && key !== "reference");
  if (other !== undefined) {
    throw new BlobberError(
      "invalid-reference",
      `invalid reference: it has ${quote(other)}, expected store and reference alone`,
      { hint: "reference is the tag or the digest" },
    );
  }
  if (typeof store?.name !== "string") {
    throw new BlobberError(
      "invalid-option",
      "invalid store: it has no name, expected a store that is open",
      { hint: "a promise of a store is awaited first" },
    );
  }
  const { name } = store;
  const opened = repositoryOf(store);
  const repository = opened && nameOf(opened);
  const there = { repository, at: { kind: "open", store } } as const;
  if (reference === undefined) return { ...there, text: name };
  if (isDigest(reference)) return { ...there, digest: reference, text: `${name}@${reference}` };
  if (isTag(reference)) return { ...there, tag: reference, text: `${name}:${reference}` };
  throw new BlobberError(
    "invalid-reference",
    `invalid reference: ${quote(reference)} in ${
      printable(name)
    }, expected a digest, or a tag of ` +
      TAG_GRAMMAR,
  );
}

/** The name that is signed, or asked for: with the tags given, else with the one that was named. */
export function signedName(named: Named<Source>, tags?: readonly string[]): SignedName {
  const tag = tagOf(named);
  const { repository } = named;
  return {
    ...(repository !== undefined && { repository }),
    tags: tags ?? (tag === undefined ? [] : [tag]),
  };
}
