/**
 * What a layer is made of, where a caller makes one alone.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { takenInput } from "../input/given.ts";
import type { ArchiveInput } from "../input/input.ts";

/** What is packed: entries, or a tar, plain or compressed. Directories are for `push`, which looks for secrets in them. */
export type LayerInput = Exclude<ArchiveInput, { directory: string }>;

/**
 * Takes what is to be packed.
 *
 * @param input the caller's
 * @throws {BlobberError} `invalid-option`
 */
export function takenLayer(input: LayerInput): LayerInput {
  const taken = takenInput(input);
  if ("entries" in taken || "tar" in taken) return taken;
  const [kind] = Object.keys(taken);
  throw new BlobberError(
    "invalid-option",
    `cannot pack a layer: the input is { ${kind} }, expected { entries } or { tar }`,
    { hint: "push() takes directories and files" },
  );
}
