/**
 * The envelope around what is signed: DSSE (Dead Simple Signing Envelope v1).
 *
 * @module
 */

import { concat, toBase64 } from "@blobber/core/internal/bytes";

/** An envelope with one signature, as JSON. */
export interface Envelope {
  /** Base64. */
  payload: string;
  payloadType: string;
  signatures: { sig: string }[];
}

/**
 * The bytes that a signature of an envelope is over: the pre-authentication encoding
 * (DSSE protocol, "Signature Definition"): `DSSEv1 LEN(type) type LEN(body) body`.
 *
 * @param payloadType the payload's media type
 * @param payload the payload
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  const type = utf8.encode(payloadType);
  return concat(
    utf8.encode(`DSSEv1 ${type.length} `),
    type,
    utf8.encode(` ${payload.length} `),
    payload,
  );
}

/** Puts payload and signature into an envelope. The signature has no `keyid`: verifiers must not rely on one. */
export function envelopeOf(
  payloadType: string,
  payload: Uint8Array,
  signature: Uint8Array,
): Envelope {
  return {
    payload: toBase64(payload),
    payloadType,
    signatures: [{ sig: toBase64(signature) }],
  };
}
