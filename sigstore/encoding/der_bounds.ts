/**
 * What DER from outside may cost. A user who may push can store a certificate or a timestamp of any form, and
 * it is read long before a signature vouches for it. So each document is checked here first:
 * afterwards any reader of it, the library's too, takes time and memory linear in its length.
 *
 * @module
 */

import { isBlobberError } from "@blobber/core/errors";
import {
  MAX_DER_BYTES,
  MAX_DER_DEPTH,
  MAX_DER_ELEMENTS,
  MAX_DER_INTEGER_BYTES,
  MAX_OID_BYTES,
} from "@blobber/core/limits";
import { type DerNode, invalidDer, readAll, readOne, TAG } from "./der.ts";

/** The constructed bit of an identifier octet (X.690, 8.1.2.5). */
const CONSTRUCTED = 0x20;

/**
 * Looks at every element once. Octet strings are opened where their content is DER, as the library does
 * with every one that it meets: what it finds there it reads like the rest.
 *
 * @param bytes a whole document
 * @returns how many elements were looked at: at most one for two bytes
 * @throws {BlobberError} `integrity`
 */
export function checkDer(bytes: Uint8Array): number {
  if (bytes.length > MAX_DER_BYTES) {
    throw invalidDer(`it has ${bytes.length} bytes, expected at most ${MAX_DER_BYTES}`);
  }
  const seen = { elements: 0 };
  const fault = faultIn([readOne(bytes)], 1, seen);
  if (fault !== undefined) throw invalidDer(fault);
  return seen.elements;
}

/** What is wrong with elements and all below them; it throws where they are not DER. */
function faultIn(
  nodes: DerNode[],
  depth: number,
  seen: { elements: number },
): string | undefined {
  let fault: string | undefined;
  for (const { tag, content } of nodes) {
    if (++seen.elements > MAX_DER_ELEMENTS) return `it has over ${MAX_DER_ELEMENTS} elements`;
    if (tag === TAG.oid && content.length > MAX_OID_BYTES) {
      fault ??= `an object identifier of ${content.length} bytes, expected ${MAX_OID_BYTES}`;
    }
    if (tag === TAG.integer && content.length > MAX_DER_INTEGER_BYTES) {
      fault ??= `an integer of ${content.length} bytes, expected ${MAX_DER_INTEGER_BYTES}`;
    }
    const constructed = (tag & CONSTRUCTED) !== 0;
    if (content.length === 0 || !(constructed || tag === TAG.octetString)) continue;
    try {
      const inner = readAll(content);
      fault ??= depth >= MAX_DER_DEPTH
        ? `it is nested deeper than ${MAX_DER_DEPTH} levels`
        : faultIn(inner, depth + 1, seen);
    } catch (error) {
      // An octet string need not hold DER, and a fault in what is no DER is none.
      if (constructed || !isBlobberError(error, "integrity")) throw error;
    }
  }
  return fault;
}
