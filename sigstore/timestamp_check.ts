/**
 * That a timestamp authority saw this signature, and when (RFC 3161). The library checks imprint, digest,
 * signature and the authority's chain; here is what it leaves open: that the answer grants anything, that
 * there is one signer, and that certificates carried along are the trust root's.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { RFC3161Timestamp, X509Certificate } from "@sigstore/core/dist/index.js";
import { verifyRFC3161Timestamp } from "@sigstore/verify/dist/timestamp/tsa.js";
import { toBase64, toHex } from "./bytes.ts";
import { type DerNode, inside, oid, readAll, readOne, TAG } from "./der.ts";
import { guarded, invalidSignature } from "./malformed.ts";
import type { TrustedAuthority } from "./trust_root.ts";

const CERTIFICATES = 0xa0, REVOCATIONS = 0xa1, SIGNED_ATTRIBUTES = 0xa0, UNSIGNED_ATTRIBUTES = 0xa1;
const CONTENT_TYPE = toHex(oid("1.2.840.113549.1.9.3"));
const TST_INFO = toHex(oid("1.2.840.113549.1.9.16.1.4"));
const EXTENDED_KEY_USAGE = toHex(oid("2.5.29.37"));
const TIME_STAMPING = toHex(oid("1.3.6.1.5.5.7.3.8"));
const HASHES = new Set(
  ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"].map((dotted) =>
    toHex(oid(dotted))
  ),
);

/**
 * Checks one timestamp.
 *
 * @param der the authority's response
 * @param signature what it must be over
 * @param authorities of the trust root
 * @returns the time in it
 * @throws {BlobberError} `signature-invalid`
 */
export function checkTimestamp(
  der: Uint8Array,
  signature: Uint8Array,
  authorities: TrustedAuthority[],
): Date {
  return guarded("its timestamp does not hold", invalidSignature, () => {
    checkForm(der, authorities);
    const timestamp = RFC3161Timestamp.parse(Buffer.from(der));
    const usable = authorities.filter(({ certificates }) => isForTimestamps(certificates[0]!));
    verifyRFC3161Timestamp(timestamp, Buffer.from(signature), usable.map(libraryAuthority));
    return timestamp.signingTime;
  });
}

/** An authority as the library knows it. */
export function libraryAuthority(authority: TrustedAuthority): {
  certChain: X509Certificate[];
  validFor: TrustedAuthority["validFor"];
} {
  return {
    certChain: authority.certificates.map((der) => X509Certificate.parse(Buffer.from(der))),
    validFor: authority.validFor,
  };
}

/** TimeStampResp (RFC 3161, 2.4.2) around SignedData (RFC 5652, 5.1). */
function checkForm(der: Uint8Array, authorities: TrustedAuthority[]): void {
  const [info, token] = inside(readOne(der));
  const status = inside(info)[0];
  if (status?.tag !== TAG.integer || status.content.length !== 1 || status.content[0]! > 1) {
    throw invalidSignature("the authority did not grant it");
  }
  const [, wrapped] = inside(token);
  const [version, algorithms, , ...rest] = inside(readOne(wrapped?.content ?? new Uint8Array()));
  const signers = rest.pop();
  if (version?.tag !== TAG.integer || toHex(version.content) !== "03") {
    throw invalidSignature("its signed data is not of version 3");
  }
  for (const algorithm of inside(algorithms, TAG.set)) checkHash(algorithm);
  for (const extra of rest) {
    if (extra.tag === REVOCATIONS || extra.tag !== CERTIFICATES) {
      throw invalidSignature("it carries what nobody signed");
    }
    const known = authorities.flatMap(({ certificates }) => certificates.map(toBase64));
    for (const certificate of readAll(extra.content)) {
      if (!known.includes(toBase64(certificate.raw))) {
        throw invalidSignature("it carries a certificate that the trust root does not have");
      }
    }
  }
  const [signer, ...more] = inside(signers, TAG.set);
  if (more.length > 0) throw invalidSignature("it has several signers");
  checkSigner(inside(signer));
}

/** SignerInfo (RFC 5652, 5.3): version, who, hash, signed attributes, algorithm, signature. */
function checkSigner([version, , hash, attributes, , , ...unsigned]: DerNode[]): void {
  if (version === undefined || toHex(version.content) !== "01") {
    throw invalidSignature("its signer is not named by issuer and serial number");
  }
  checkHash(hash);
  if (unsigned.some(({ tag }) => tag === UNSIGNED_ATTRIBUTES) || unsigned.length > 0) {
    throw invalidSignature("it has attributes that nobody signed");
  }
  const types = inside(attributes, SIGNED_ATTRIBUTES).map((one) => inside(one))
    .filter(([id]) => id !== undefined && toHex(id.raw) === CONTENT_TYPE);
  const [type] = types;
  if (
    types.length !== 1 || inside(type![1], TAG.set).map(({ raw }) => toHex(raw))[0] !== TST_INFO
  ) {
    throw invalidSignature("its signature is not over a timestamp");
  }
}

function checkHash(algorithm: DerNode | undefined): void {
  const [id, parameters, ...more] = inside(algorithm);
  const plain = parameters === undefined || toHex(parameters.raw) === "0500";
  if (id === undefined || !HASHES.has(toHex(id.raw)) || !plain || more.length > 0) {
    throw invalidSignature("its hash is not SHA-2");
  }
}

/** Whether a certificate is for timestamps and nothing else (RFC 3161, 2.3). */
function isForTimestamps(der: Uint8Array): boolean {
  const [tbs] = inside(readOne(der));
  const last = inside(tbs).at(-1);
  if (last?.tag !== 0xa3) return false;
  const usage = inside(readOne(last.content)).map((one) => inside(one))
    .find(([id]) => id !== undefined && toHex(id.raw) === EXTENDED_KEY_USAGE);
  const value = usage?.at(-1)?.content;
  const purposes = value === undefined ? [] : inside(readOne(value)).map(({ raw }) => toHex(raw));
  return purposes.length === 1 && purposes[0] === TIME_STAMPING;
}
