/**
 * What a push that was given a base sends: a layer on top of it, or one whole layer where that cannot be.
 *
 * @module
 */

import { notify } from "../../events.ts";
import { LayerPacking } from "../push/pack_layer.ts";
import { sendWhole } from "../push/send_layer.ts";
import type { SendLayers } from "../push/settings.ts";
import type { FoundBase, Unfit } from "./found_base.ts";
import { pushOntoBase } from "./onto_base.ts";

const NO_BASE: Unfit = { reason: "no-base", why: "the tag names nothing yet" };

/**
 * Sends onto a base.
 *
 * @param base nothing where the tag that was meant names nothing yet
 */
export function sendOnto(base: FoundBase | undefined): SendLayers {
  return async (target, input, settings) => {
    const made = base === undefined ? NO_BASE : await pushOntoBase(target, input, base, settings);
    if (!("reason" in made)) return made;
    const { reason, why } = made;
    notify(settings, {
      level: reason === "no-base" || reason === "size" ? "info" : "warning",
      code: "whole-layer",
      message: `one whole layer is made: ${why}`,
    });
    // What there is to be said of names was said where the tree was compared.
    const walking = reason === "size" || reason === "names"
      ? { ...settings, onNotice: undefined }
      : settings;
    const packing = new LayerPacking(input, walking);
    const { sent, ...whole } = await sendWhole(target, input, settings, packing);
    const { digest, size } = whole.layer;
    return {
      ...whole,
      base: {
        ...base !== undefined && { digest: base.root.descriptor.digest },
        ...{ kept: 0, absorbed: 0, whole: reason },
        ...{ layers: [{ digest, size }], sent },
      },
    };
  };
}
