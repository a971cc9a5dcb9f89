/**
 * The door for what a signer returns: a signature, or nothing is stored.
 *
 * @module
 */

import { theirs, untilAborted } from "../caller_errors.ts";
import { BlobberError, checkAborted } from "../errors.ts";
import type { Signable, Signature, Signer } from "../signing.ts";
import type { CallOptions } from "../store.ts";
import {
  bytes,
  type Fault,
  mapOf,
  mediaType,
  objectWith,
  optional,
  type Shape,
  text,
} from "./shape.ts";

const NO_BYTES: Fault = { path: "", found: "empty", expected: "at least one byte" };

const SIGNATURE: Shape<Signature> = {
  mediaType,
  bytes: (value) => bytes(value) ?? ((value as Uint8Array).length > 0 ? undefined : NO_BYTES),
  annotations: optional(mapOf(text, "an object of strings")),
};
const signatureCheck = objectWith(SIGNATURE, "a signature");

/**
 * Has a manifest signed.
 *
 * @param signer of the caller's
 * @param manifest what is signed
 * @returns a copy of what the signer returned
 * @throws {BlobberError} what the signer throws, and `invalid-option` for what is no signature
 */
export async function signWith(
  signer: Signer,
  manifest: Signable,
  options: CallOptions,
): Promise<Signature> {
  checkAborted(options.signal);
  return await untilAborted(options.signal, signed(signer, manifest, options));
}

/** What a signer returned, copied as soon as it is there: its memory may be used again. */
async function signed(
  signer: Signer,
  manifest: Signable,
  options: CallOptions,
): Promise<Signature> {
  const returned: unknown = await theirs(() => signer.sign(manifest, options));
  const wrong = signatureCheck(returned);
  if (wrong !== undefined) {
    const { path, found, expected } = wrong;
    throw new BlobberError(
      "invalid-option",
      path === ""
        ? `the signer returned ${found}, expected ${expected}`
        : `the signer returned a signature whose ${
          path.slice(1)
        } is ${found}, expected ${expected}`,
      {
        hint:
          "a signature is an object with a mediaType, its bytes as a Uint8Array and, where it " +
          "has any, annotations; nothing was stored",
      },
    );
  }
  const { mediaType, bytes, annotations } = returned as Signature;
  return { mediaType, bytes: bytes.slice(), ...annotations && { annotations: { ...annotations } } };
}
