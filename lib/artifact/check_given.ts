/**
 * Checks what a store is given before anything is written.
 *
 * @module
 */

import { digestOf } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import type { Descriptor } from "../types.ts";

/**
 * Checks that bytes are those of a descriptor.
 *
 * @param name the store, for the message
 * @throws {BlobberError} `integrity`
 */
export function checkGiven(
  { digest, size }: Descriptor,
  bytes: Uint8Array,
  name: string,
): void {
  const actual = digestOf(bytes);
  if (bytes.length === size && actual === digest) return;
  throw new BlobberError(
    "integrity",
    `${name} was given ${actual} (${bytes.length} bytes), expected ${digest} (${size} bytes)`,
  );
}
