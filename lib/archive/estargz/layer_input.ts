/**
 * What a layer is made of, where a caller makes one alone.
 *
 * @module
 */

import { isRecord } from "../../doors/shape.ts";
import { BlobberError } from "../../errors.ts";
import { inputInWords, takenInput } from "../input/given.ts";
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
  const given: unknown = input;
  const known = isRecord(given) && (given.entries !== undefined || given.tar !== undefined);
  const taken = known ? takenInput(input, "cannot pack a layer") : undefined;
  if (taken !== undefined && ("entries" in taken || "tar" in taken)) return taken;
  throw new BlobberError(
    "invalid-option",
    `cannot pack a layer: the input is ${inputInWords(given)}, expected { entries } or { tar }`,
    { hint: "push() takes directories and files" },
  );
}
