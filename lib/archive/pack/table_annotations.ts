/**
 * What a manifest says of a layer that has a table of contents.
 *
 * @module
 */

import { CHUNK_RULE_NAME } from "../chunking/chunk_rule.ts";
import { ANNOTATION, type Annotations } from "../../types.ts";
import type { Encoder } from "../compression/encoder.ts";
import type { PackedLayer } from "./layer_sink.ts";

/**
 * The annotations of a layer's descriptor by which readers find its table, and check it, and that say how its bytes
 * came about.
 *
 * @param layer the layer
 * @param encoder what made it
 */
export function tableAnnotations(
  { tocDigest, tocOffset, isCut }: Pick<PackedLayer, "tocDigest" | "tocOffset" | "isCut">,
  encoder: Encoder,
): Annotations {
  return {
    [ANNOTATION.tocDigest]: tocDigest,
    [ANNOTATION.tocOffset]: String(tocOffset),
    ...(isCut && { [ANNOTATION.chunks]: CHUNK_RULE_NAME }),
    ...(encoder === "gzip-1" && { [ANNOTATION.encoder]: encoder }),
  };
}
