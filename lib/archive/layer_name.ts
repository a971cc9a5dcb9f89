/**
 * The name of the file that a layer is: of one that is read, and of one that is pushed.
 *
 * @module
 */

import { ANNOTATION, type Descriptor } from "../types.ts";

/** Archives of models (ModelPack, "Layer Media Types"), whose annotation says what they were made of. */
const MODEL_ARCHIVE = /^application\/vnd\.(?:cncf|cnai)\.model\..*\.tar(?:\+gzip|\+zstd)?$/;
/** What a media type of an archive ends with. */
const ARCHIVE = /[+.](?:gzip|zstd)$|[.]tar$/;

/**
 * The path of the file that a layer is, as it is written: its title (OCI image spec, annotations.md), or in a model
 * its path (ModelPack, "Annotations").
 *
 * @returns `undefined` for an archive, and for what has no name
 */
export function fileName(
  { mediaType, annotations = {} }: Pick<Descriptor, "mediaType" | "annotations">,
): string | undefined {
  const { [ANNOTATION.tocDigest]: toc, [ANNOTATION.unpack]: unpack } = annotations;
  if (toc !== undefined || unpack === "true" || MODEL_ARCHIVE.test(mediaType)) return undefined;
  const inModel = annotations[ANNOTATION.modelPath] || annotations[ANNOTATION.oldModelPath];
  if (inModel && !ARCHIVE.test(mediaType)) return inModel;
  return annotations[ANNOTATION.title] || undefined;
}
