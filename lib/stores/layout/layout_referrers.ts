/**
 * Who refers to a manifest of a layout. A layout lists no referrers: every manifest that it lists is asked
 * for its subject.
 *
 * @module
 */

import { mayBeOfType, parseDocument, referrerDescriptor } from "../../artifact/manifest.ts";
import { isContent } from "../../checked_content.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { MAX_LAYOUT_MANIFESTS, MAX_MANIFEST_BYTES } from "../../limits.ts";
import type { ReferrerOptions } from "../../store.ts";
import { readBounded } from "../../system/files.ts";
import { Pace } from "../../system/pace.ts";
import type { Descriptor } from "../../types.ts";
import { IndexFile } from "./index_file.ts";
import type { LayoutDirectory } from "./layout_directory.ts";

/** What a manifest refers to, and how it is listed then. */
interface Referrer {
  subject: Digest;
  descriptor: Descriptor;
}

/** The referrers in one layout. */
export class LayoutReferrers {
  readonly #name: string;
  /** What each manifest refers to; content never changes. */
  readonly #known = new Map<Digest, Referrer | null>();

  /** @param name the layout, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * The referrers of a manifest.
   *
   * @param layout the layout, open until the last is asked for
   * @throws {BlobberError} `limit` for a layout that lists too many manifests
   */
  async *of(
    layout: LayoutDirectory,
    subject: Descriptor,
    { artifactType, signal }: ReferrerOptions,
  ): AsyncIterable<Descriptor> {
    const pace = new Pace();
    const listed = IndexFile.read(layout.index).manifests();
    for (const [at, one] of listed.entries()) {
      if (at >= MAX_LAYOUT_MANIFESTS) {
        throw new BlobberError(
          "limit",
          `${this.#name} lists ${listed.length} manifests, ` +
            `expected at most ${MAX_LAYOUT_MANIFESTS} to look for referrers among`,
        );
      }
      await pace.breathe();
      checkAborted(signal);
      const found = this.#referrer(layout, one);
      if (found?.subject !== subject.digest) continue;
      if (mayBeOfType(found.descriptor, artifactType)) yield { ...found.descriptor };
    }
  }

  #referrer(layout: LayoutDirectory, one: Descriptor): Referrer | null {
    const known = this.#known.get(one.digest);
    if (known !== undefined) return known;
    const found = readReferrer(layout, one);
    this.#known.set(one.digest, found);
    return found;
  }
}

/** What a manifest refers to. One that cannot be read refers to nothing: why, a call that names it says. */
function readReferrer(layout: LayoutDirectory, one: Descriptor): Referrer | null {
  const { mediaType, digest, size } = one;
  try {
    const path = layout.blob(digest);
    const bytes = path === undefined ? undefined : readBounded(path, MAX_MANIFEST_BYTES);
    if (bytes === undefined || !isContent(bytes, { digest })) return null;
    const document = parseDocument({ mediaType, digest, size }, bytes);
    const subject = document.value.subject?.digest;
    return subject === undefined ? null : { subject, descriptor: referrerDescriptor(document) };
  } catch (error) {
    if (!isBlobberError(error)) throw error;
    return null;
  }
}
