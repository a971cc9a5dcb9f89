/**
 * That a timestamp authority saw this signature, and when (RFC 3161). The library checks imprint, digest,
 * signature and the authority's chain, of the trust root's certificates alone; here is what it leaves open:
 * that the answer grants anything, and that there is one signer. Certificates and revocation lists that came
 * along are not needed and not looked at.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import core from "@sigstore/core/dist/index.js";
import { verifyRFC3161Timestamp } from "@sigstore/verify/dist/timestamp/tsa.js";
import { toHex } from "@blobber/core/internal/bytes";
import type { BlobberError } from "@blobber/core/errors";
import { type DerNode, inside, oid, readOne, TAG } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";
import { libraryAuthority } from "./library_certificate.ts";
import { guarded, invalidSignature } from "../encoding/malformed.ts";
import type { TrustedAuthority } from "../trust/trust_root.ts";

/** Tag of what is wrapped or implicit: content, certificates, signed attributes. */
const WRAPPED = 0xa0;
/** Tag of revocation lists. */
const LISTS = 0xa1;
const SIGNED_DATA = toHex(oid("1.2.840.113549.1.7.2"));
const CONTENT_TYPE = toHex(oid("1.2.840.113549.1.9.3"));
const TST_INFO = toHex(oid("1.2.840.113549.1.9.16.1.4"));
const EXTENDED_KEY_USAGE = toHex(oid("2.5.29.37"));
const TIME_STAMPING = toHex(oid("1.3.6.1.5.5.7.3.8"));
const HASHES = new Set(
  ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"].map((dotted) =>
    toHex(oid(dotted))
  ),
);

/** ECDSA and RSA with SHA-2 (RFC 5754, 3), and RSA whose hash stands elsewhere. */
const SIGNATURES = new Set(
  [
    ...["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"],
    ...["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"],
    "1.2.840.113549.1.1.1",
  ].map((dotted) => toHex(oid(dotted))),
);

/**
 * Checks one timestamp. Its form is bounded first ({@linkcode checkDer}); then time is linear in its length,
 * beside a signature to check for each authority of its issuer's name.
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
    checkDer(der);
    checkForm(der);
    const timestamp = core.RFC3161Timestamp.parse(Buffer.from(der));
    const usable = authorities.filter(({ certificates }) => isForTimestamps(certificates[0]!));
    verifyRFC3161Timestamp(timestamp, Buffer.from(signature), usable.map(libraryAuthority));
    return timestamp.signingTime;
  });
}

/** TimeStampResp (RFC 3161, 2.4.2) around SignedData (RFC 5652, 5.1): whatever no signature covers. */
function checkForm(der: Uint8Array): void {
  const [info, token] = readShape(inside(readOne(der)), TAG.sequence, TAG.sequence);
  const [status] = inside(info);
  if (status?.tag !== TAG.integer || toHex(status.content) !== "00") {
    throw invalidTimestamp("was not granted");
  }
  const [type, wrapped] = readShape(inside(token), TAG.oid, WRAPPED);
  if (toHex(type.raw) !== SIGNED_DATA) throw invalidTimestamp("is not signed data");
  const parts = inside(readOne(wrapped.content));
  const signers = parts.pop();
  const [version, algorithms, content] = readShape(
    parts.splice(0, 3),
    TAG.integer,
    TAG.set,
    TAG.sequence,
  );
  if (toHex(version.content) !== "03") throw invalidTimestamp("is not of version 3");
  const hashes = inside(algorithms, TAG.set);
  const [contentType, octets] = readShape(inside(content), TAG.oid, WRAPPED);
  if (toHex(contentType.raw) !== TST_INFO) throw invalidTimestamp("is not about a time");
  readOne(octets.content, TAG.octetString);
  // RFC 5652, 5.1: certificates, then revocation lists, each at most once.
  const extra = parts.map(({ tag }) => tag).join();
  if (!["", `${WRAPPED}`, `${LISTS}`, `${WRAPPED},${LISTS}`].includes(extra)) {
    throw invalidTimestamp("carries what nothing signs");
  }
  const [signer, ...more] = inside(signers, TAG.set);
  if (more.length > 0) throw invalidTimestamp("has several signers");
  const hash = checkSigner(signer);
  if (hashes.length !== 1 || hashes[0]!.raw.join() !== hash.raw.join()) {
    throw invalidTimestamp("names another hash than its signer");
  }
}

/** SignerInfo (RFC 5652, 5.3): version, who, hash, signed attributes, algorithm, signature; nothing unsigned. */
function checkSigner(signer: DerNode | undefined): DerNode {
  const [version, who, hash, attributes, algorithm] = readShape(
    inside(signer),
    TAG.integer,
    TAG.sequence,
    TAG.sequence,
    WRAPPED,
    TAG.sequence,
    TAG.octetString,
  );
  if (toHex(version!.content) !== "01") {
    throw invalidTimestamp("does not name its signer by issuer and serial number");
  }
  readShape(inside(who), TAG.sequence, TAG.integer);
  checkHash(hash);
  const [id] = inside(algorithm);
  if (id === undefined || !SIGNATURES.has(toHex(id.raw))) {
    throw invalidTimestamp("has a signature of an unknown kind");
  }
  const types = inside(attributes, WRAPPED).map((one) => inside(one))
    .filter(([id]) => id !== undefined && toHex(id.raw) === CONTENT_TYPE);
  const [type] = types;
  if (
    types.length !== 1 || inside(type![1], TAG.set).map(({ raw }) => toHex(raw))[0] !== TST_INFO
  ) {
    throw invalidTimestamp("has a signature that is not over a timestamp");
  }
  return hash;
}

function invalidTimestamp(why: string): BlobberError {
  return invalidSignature(`its timestamp ${why}`);
}

/** Nodes that are as many, and of the tags, that they must be. */
function readShape<T extends number[]>(nodes: DerNode[], ...tags: T): { [K in keyof T]: DerNode } {
  if (nodes.length !== tags.length || nodes.some(({ tag }, index) => tag !== tags[index])) {
    throw invalidTimestamp("is not a response of a timestamp authority");
  }
  return nodes as { [K in keyof T]: DerNode };
}

function checkHash(algorithm: DerNode | undefined): void {
  const [id, parameters, ...more] = inside(algorithm);
  const plain = parameters === undefined || toHex(parameters.raw) === "0500";
  if (id === undefined || !HASHES.has(toHex(id.raw)) || !plain || more.length > 0) {
    throw invalidTimestamp("has a hash that is not SHA-2");
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
