/**
 * What a public key from outside may cost. A key in a certificate is its maker's choice until an authority
 * is seen to have signed it, and checking a signature with it comes first: its size is bounded before the
 * crypto library so much as reads it.
 *
 * @module
 */

import { toHex } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { MAX_RSA_BITS, MAX_RSA_EXPONENT_BITS } from "@blobber/core/limits";
import { type DerNode, inside, oid, readOne, TAG } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";

const RSA = toHex(oid("1.2.840.113549.1.1.1"));
const EC = toHex(oid("1.2.840.10045.2.1"));

/**
 * Bounds a key: an RSA modulus and exponent by their bits, an elliptic curve by being named. Parameters
 * written out (RFC 5480, 2.1.1, forbids them in certificates) could be of any curve and any size, and have
 * sent crypto libraries into loops (CVE-2022-0778). Time is linear in the bytes.
 *
 * @param der SubjectPublicKeyInfo (RFC 5280, 4.1)
 * @throws {BlobberError} `integrity`
 */
export function checkSpki(der: Uint8Array): void {
  checkDer(der);
  const [algorithm, key] = inside(readOne(der));
  const [id, parameters] = inside(algorithm);
  const kind = id === undefined ? "" : toHex(id.raw);
  if (kind === EC && parameters?.tag !== TAG.oid) {
    throw invalidSpki("its curve is not named but written out");
  }
  if (kind !== RSA) return;
  // RFC 5280, 4.1: a BIT STRING; the first octet counts unused bits.
  if (key?.tag !== TAG.bitString) throw invalidSpki("it holds no key");
  checkRsa(key.content.subarray(1));
}

/**
 * Bounds an RSA key on its own.
 *
 * @param der RSAPublicKey (RFC 8017, A.1.1)
 * @throws {BlobberError} `integrity`
 */
export function checkRsa(der: Uint8Array): void {
  const [modulus, exponent] = inside(readOne(der));
  const size = bitsOf(modulus);
  if (size > MAX_RSA_BITS) {
    throw invalidSpki(`it has ${size} bits, expected at most ${MAX_RSA_BITS}`);
  }
  const length = bitsOf(exponent);
  if (length > MAX_RSA_EXPONENT_BITS) {
    throw invalidSpki(`its exponent has ${length} bits, expected at most ${MAX_RSA_EXPONENT_BITS}`);
  }
}

/** Bits of an integer, in whole octets but for leading zeros. */
function bitsOf(node: DerNode | undefined): number {
  if (node?.tag !== TAG.integer) throw invalidSpki("it is not an RSA key");
  const zeros = node.content.findIndex((octet) => octet !== 0);
  return zeros < 0 ? 0 : 8 * (node.content.length - zeros);
}

function invalidSpki(why: string): BlobberError {
  return new BlobberError("integrity", `invalid key: ${why}`);
}
