/**
 * What a layout lists of the manifests in it, and what it holds without listing it.
 *
 * @module
 */

import { isContent } from "../../checked_content.ts";
import { type Digest, isDigest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { readBounded } from "../../system/files.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { DOCUMENT_TYPES, referrerDescriptor } from "../../artifact/manifest.ts";
import { isObject, parseJson } from "../../json.ts";
import {
  ANNOTATION,
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
  MEDIA_TYPE,
} from "../../types.ts";
import type { IndexFile } from "./index_file.ts";
import type { LayoutDirectory } from "./layout_directory.ts";

/**
 * What a tag or a digest names in a layout.
 *
 * @param where its index, and its name for messages
 * @throws {BlobberError} `not-found`
 */
export function findNamed(
  layout: LayoutDirectory,
  tagOrDigest: string,
  { index, name }: { index: IndexFile; name: string },
): Descriptor {
  const found = isDigest(tagOrDigest)
    ? index.listed(tagOrDigest) ?? unlisted(layout, tagOrDigest)
    : index.tagged(tagOrDigest);
  if (found !== undefined) return found;
  throw new BlobberError("not-found", `${quote(tagOrDigest)} not found in ${name}`, {
    hint: whatIsThere(index),
  });
}

/** A manifest that is in a layout and that only another manifest lists. */
function unlisted(layout: LayoutDirectory, digest: Digest): Descriptor | undefined {
  const path = layout.blob(digest);
  const bytes = path === undefined ? undefined : readBounded(path, MAX_MANIFEST_BYTES);
  if (bytes === undefined || !isContent(bytes, { digest })) return undefined;
  let json: unknown;
  try {
    json = parseJson(bytes, digest);
  } catch {
    return undefined;
  }
  if (!isObject(json) || !("manifests" in json || "layers" in json)) return undefined;
  // A manifest may leave its media type out; its fields tell it then (image-index.md, manifest.md).
  const mediaType = json.mediaType ??
    (Array.isArray(json.manifests) ? MEDIA_TYPE.index : MEDIA_TYPE.manifest);
  if (typeof mediaType !== "string" || !DOCUMENT_TYPES.includes(mediaType)) return undefined;
  return { mediaType, digest, size: bytes.length };
}

/** How a manifest is listed. A name that it claims for itself is no tag of the layout. */
export function listedAs(document: Document<Manifest | Index>): Descriptor {
  const { mediaType, digest, size } = document.descriptor;
  if (document.value.subject === undefined) return { mediaType, digest, size };
  const { annotations, ...rest } = referrerDescriptor(document);
  const { [ANNOTATION.refName]: _, ...kept } = annotations ?? {};
  return { ...rest, ...(Object.keys(kept).length > 0 && { annotations: kept }) };
}

/** What a layout holds, for a call that named something else. */
function whatIsThere(index: IndexFile): string {
  const some = (names: string[]) =>
    names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  const tags = index.tags();
  if (tags.length > 0) return `its tags are: ${some(tags)}`;
  const digests = index.manifests().map((one) => one.digest);
  return digests.length === 0
    ? "it is empty"
    : `it has no tags; name one of its manifests by digest: ${some(digests)}`;
}
