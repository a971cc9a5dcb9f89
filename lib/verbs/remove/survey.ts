/**
 * What names what in a store, as far as it can be told: looked at once, before anything is removed.
 *
 * @module
 */

import { contentsOf } from "../../artifact/contents.ts";
import { cosignTag, KINDS } from "../../artifact/cosign_tags.ts";
import { fallbackTag, isFallbackTag } from "../../artifact/fallback_tag.ts";
import { isDocumentType, isIndexType, readDocument } from "../../artifact/manifest.ts";
import { type NamedByTag, tagNames } from "../../artifact/tag_names.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { MAX_INDEX_READS, TAG_READS } from "../../limits.ts";
import type { CallOptions, Store } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";

/** An index that lists a manifest, and a tag that leads to it where there is one. */
export interface Holder {
  index: Digest;
  tag?: string | undefined;
}

/** What was found in one store. */
export class Survey {
  readonly store: Store;
  readonly call: CallOptions;
  /** What every tag names. */
  readonly tags: ReadonlyMap<string, NamedByTag>;
  /** Why it is not known what all tags name. */
  readonly blind: string | undefined;
  /** Every manifest, where the store can tell. */
  readonly manifests: ReadonlyMap<Digest, Descriptor> | undefined;
  #holders: Promise<Map<Digest, Holder[]>> | undefined;

  private constructor(store: Store, call: CallOptions, found: Found) {
    this.store = store;
    this.call = call;
    this.tags = found.tags;
    this.blind = found.blind;
    this.manifests = found.manifests;
  }

  /**
   * Looks at a store.
   *
   * @param known tags that are there: a list without them is no list of all
   */
  static async of(
    store: Store,
    known: ReadonlyMap<string, Digest>,
    call: CallOptions,
  ): Promise<Survey> {
    const { tags, blind } = await allTags(store, known, call);
    let manifests: Map<Digest, Descriptor> | undefined;
    if (store.manifests !== undefined) {
      manifests = new Map();
      for await (const one of store.manifests(call)) manifests.set(one.digest, one);
    }
    return new Survey(store, call, { tags, blind, manifests });
  }

  /** The tags that name a digest, but for the fallback tag that some registries take for the digest itself. */
  tagsOf(digest: Digest): string[] {
    return [...this.tags].flatMap(([tag, named]) =>
      named.digest === digest && tag !== fallbackTag(digest) ? [tag] : []
    );
  }

  /** Tags in which cosign keeps what belongs to a digest, as far as they are there. */
  cosignTags(digest: Digest): [tag: string, named: NamedByTag][] {
    return KINDS.flatMap((kind) => {
      const tag = cosignTag(digest, kind);
      const named = this.tags.get(tag);
      return named === undefined || named.digest === digest ? [] : [[tag, named]];
    });
  }

  /** The fallback tag of a digest, where it is there. */
  listOf(digest: Digest): [tag: string, named: NamedByTag] | undefined {
    const tag = fallbackTag(digest);
    const named = this.tags.get(tag);
    return named === undefined || named.digest === digest ? undefined : [tag, named];
  }

  /**
   * The indexes that list a manifest: those that tags lead to, and where the store knows all of its manifests, all.
   *
   * @throws {BlobberError} what reading one of them throws: what it lists is then not known
   */
  async holdersOf(digest: Digest): Promise<readonly Holder[]> {
    this.#holders ??= this.#findHolders();
    return (await this.#holders).get(digest) ?? [];
  }

  /** A document; nothing where it is missing or broken. */
  async read(
    descriptor: Pick<Descriptor, "digest" | "mediaType">,
  ): Promise<Document<Manifest | Index> | undefined> {
    try {
      return await readDocument(
        this.store,
        await this.store.resolve(descriptor.digest, this.call),
        this.call,
      );
    } catch (error) {
      checkAborted(this.call.signal);
      if (isBlobberError(error, "not-found", "invalid-manifest", "integrity", "limit")) {
        return undefined;
      }
      throw error;
    }
  }

  async #findHolders(): Promise<Map<Digest, Holder[]>> {
    const holders = new Map<Digest, Holder[]>();
    const roots = new Map<Digest, Holder>();
    for (const [tag, { digest, mediaType }] of this.tags) {
      if (isFallbackTag(tag) || !isIndexType(mediaType)) continue; // that list holds nothing together
      if (!roots.has(digest)) roots.set(digest, { index: digest, tag });
    }
    const lists = new Set(
      [...this.tags].flatMap(([tag, { digest }]) => isFallbackTag(tag) ? [digest] : []),
    );
    for (const { digest, mediaType } of this.manifests?.values() ?? []) {
      if (!isIndexType(mediaType) || lists.has(digest) || roots.has(digest)) continue;
      roots.set(digest, { index: digest });
    }
    let reads = 0;
    /** However deep: what is more than readers accept is there all the same. */
    const read = async (holder: Holder, index: Digest, seen: Set<Digest>): Promise<void> => {
      if (seen.has(index)) return; // an index may list another often
      seen.add(index);
      if (++reads > MAX_INDEX_READS) {
        throw new BlobberError(
          "limit",
          `too many indexes in ${this.store.name}, expected at most ${MAX_INDEX_READS}`,
        );
      }
      const descriptor = await this.store.resolve(index, this.call);
      const { value } = await readDocument(this.store, descriptor, this.call);
      if (!("manifests" in value)) return;
      for (const one of contentsOf(value)) {
        if (!isDocumentType(one.mediaType)) continue;
        const list = holders.get(one.digest) ?? [];
        holders.set(one.digest, list);
        list.push(holder);
        if (!isIndexType(one.mediaType)) continue;
        await read(holder, one.digest, seen).catch((error) => {
          // Parts of an index may have been left out when it was copied.
          if (!isBlobberError(error, "not-found")) throw error;
        });
      }
    };
    const { signal } = this.call;
    await inLanes(
      roots.values(),
      { lanes: TAG_READS, signal },
      (root) => read(root, root.index, new Set()),
    );
    return holders;
  }
}

interface Found {
  tags: ReadonlyMap<string, NamedByTag>;
  blind: string | undefined;
  manifests: ReadonlyMap<Digest, Descriptor> | undefined;
}

/** Errors of a store that does not tell its tags. What may pass, as a network that fails, ends the call. */
const UNTOLD = ["not-found", "unauthorized", "denied", "registry", "limit"] as const;

async function allTags(
  store: Store,
  known: ReadonlyMap<string, Digest>,
  call: CallOptions,
): Promise<Pick<Found, "tags" | "blind">> {
  const none = new Map<string, NamedByTag>();
  try {
    const tags = await tagNames(store, call);
    const missing = [...known].find(([tag, digest]) => tags.get(tag)?.digest !== digest);
    if (missing === undefined) return { tags, blind: undefined };
    return { tags: none, blind: `${store.name} does not list all of its tags` };
  } catch (error) {
    checkAborted(call.signal);
    if (!isBlobberError(error, ...UNTOLD)) throw error;
    // A repository that has manifests and never had a tag is unknown to some registries' lists.
    if (error.code === "not-found" && known.size === 0) return { tags: none, blind: undefined };
    return { tags: none, blind: `the tags of ${store.name} cannot be listed: ${error.message}` };
  }
}
