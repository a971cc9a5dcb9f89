/**
 * What a manifest says of a layer that has a table of contents.
 *
 * @module
 */

import { ANNOTATION, type Annotations } from "../../types.ts";
import type { Encoder } from "../compression/encoder.ts";
import type { PackedLayer } from "./layer_sink.ts";

/**
 * The annotations of a layer's descriptor by which readers find its table, and check it.
 *
 * @param layer the layer
 * @param encoder what made it
 */
export function tableAnnotations(
  { tocDigest, tocOffset }: Pick<PackedLayer, "tocDigest" | "tocOffset">,
  encoder: Encoder,
): Annotations {
  return {
    [ANNOTATION.tocDigest]: tocDigest,
    [ANNOTATION.tocOffset]: String(tocOffset),
    ...(encoder === "gzip-1" && { [ANNOTATION.encoder]: encoder }),
  };
}
