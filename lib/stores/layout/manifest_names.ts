/**
 * What the manifests of a layout name, each read once: content never changes.
 *
 * @module
 */

import { contentsOf } from "../../artifact/contents.ts";
import { isDocumentType, parseDocument } from "../../artifact/manifest.ts";
import { isContent } from "../../checked_content.ts";
import type { Digest } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { readBounded } from "../../system/files.ts";
import type { Descriptor } from "../../types.ts";
import type { LayoutDirectory } from "./layout_directory.ts";

/** What manifests of one layout name. */
export class ManifestNames {
  readonly #known = new Map<Digest, readonly Descriptor[]>();

  /**
   * What a descriptor leads to directly.
   *
   * @returns nothing for a manifest that cannot be read
   */
  of(layout: LayoutDirectory, one: Descriptor): readonly Descriptor[] | undefined {
    if (!isDocumentType(one.mediaType)) return [];
    const known = this.#known.get(one.digest);
    if (known !== undefined) return known;
    const names = readNames(layout, one);
    if (names !== undefined) this.#known.set(one.digest, names);
    return names;
  }

  /**
   * All that descriptors lead to, themselves among it, and one of them that cannot be read. What the index file of
   * the layout lists in a form that is not known here may name blobs, too, as the artifact manifests of ORAS do.
   */
  reach(
    layout: LayoutDirectory,
    from: readonly Descriptor[],
  ): { all: Map<Digest, Descriptor>; unread: Digest | undefined } {
    const all = new Map<Digest, Descriptor>();
    let unread: Digest | undefined;
    for (const { mediaType, digest } of from) {
      if (!isDocumentType(mediaType)) unread ??= digest;
    }
    const queue = [...from];
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
      if (all.has(one.digest)) continue;
      all.set(one.digest, one);
      const names = this.of(layout, one);
      if (names === undefined) unread ??= one.digest;
      else queue.push(...names);
    }
    return { all, unread };
  }
}

/** What a manifest names: nothing where it is not there, as an index may list platforms that were left out. */
function readNames(
  layout: LayoutDirectory,
  { mediaType, digest, size }: Descriptor,
): Descriptor[] | undefined {
  try {
    const path = layout.blob(digest);
    const bytes = path === undefined ? undefined : readBounded(path, MAX_MANIFEST_BYTES);
    if (bytes === undefined) return [];
    if (!isContent(bytes, { digest })) return undefined;
    return contentsOf(parseDocument({ mediaType, digest, size }, bytes).value)
      .map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  } catch (error) {
    if (!isBlobberError(error)) throw error;
    return undefined;
  }
}
