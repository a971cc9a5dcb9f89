/**
 * Writes X.509 certificates (RFC 5280), right ones and wrong ones.
 *
 * @module
 */

import { concat } from "../../../lib/bytes.ts";
import {
  bitString,
  element,
  integer,
  octetString,
  oid,
  sequence,
  TAG,
} from "../../../sigstore/encoding/der.ts";
import { type FakeKey, sha256 } from "./keys.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What a certificate says. */
export interface CertificateFields {
  subject: string;
  issuer: string;
  spki: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  extensions: Uint8Array[];
  serial?: Uint8Array;
}

/** An organization and a common name, or nothing, as Fulcio's leaves have it. */
export function nameOf(common: string): Uint8Array<ArrayBuffer> {
  if (common === "") return sequence();
  const part = (type: string, value: string) =>
    element(TAG.set, sequence(oid(type), element(TAG.utf8String, utf8(value))));
  return sequence(part("2.5.4.10", "fake"), part("2.5.4.3", common));
}

/** The part of a certificate that is signed. */
export function toBeSigned(fields: CertificateFields, signer: FakeKey): Uint8Array<ArrayBuffer> {
  return sequence(
    element(0xa0, integer(2)),
    integer(
      fields.serial ?? concat(new Uint8Array([1]), crypto.getRandomValues(new Uint8Array(15))),
    ),
    signer.identifier,
    nameOf(fields.issuer),
    sequence(utcTime(fields.notBefore), utcTime(fields.notAfter)),
    nameOf(fields.subject),
    fields.spki,
    element(0xa3, sequence(...fields.extensions)),
  );
}

/** A certificate around what is signed. */
export function certificateOf(tbs: Uint8Array, signer: FakeKey): Uint8Array<ArrayBuffer> {
  return sequence(tbs, signer.identifier, bitString(signer.sign(tbs)));
}

/** An extension. */
export function extension(
  id: string,
  value: Uint8Array,
  critical = false,
): Uint8Array<ArrayBuffer> {
  return sequence(
    oid(id),
    ...(critical ? [element(TAG.boolean, new Uint8Array([0xff]))] : []),
    octetString(value),
  );
}

/** The extensions that every certificate of ours has: whose key it is, and who signed it. */
export function identifiers(spki: Uint8Array, signer: FakeKey): Uint8Array<ArrayBuffer>[] {
  return [
    extension("2.5.29.14", octetString(sha256(spki).subarray(0, 20))),
    extension("2.5.29.35", sequence(element(0x80, sha256(signer.spki).subarray(0, 20)))),
  ];
}

/** A certificate authority's own certificate, signed by itself or by another. */
export function authority(
  common: string,
  key: FakeKey,
  by: { common: string; key: FakeKey; pathLength?: number } = { common, key },
  period: { notBefore: Date; notAfter: Date } = years(),
): Uint8Array<ArrayBuffer> {
  const extensions = [
    // keyCertSign and cRLSign
    extension("2.5.29.15", element(TAG.bitString, new Uint8Array([1, 0x06])), true),
    extension(
      "2.5.29.19",
      sequence(
        element(TAG.boolean, new Uint8Array([0xff])),
        ...(by.pathLength === undefined ? [] : [integer(by.pathLength)]),
      ),
      true,
    ),
    ...identifiers(key.spki, by.key),
  ];
  const tbs = toBeSigned(
    { subject: common, issuer: by.common, spki: key.spki, extensions, ...period },
    by.key,
  );
  return certificateOf(tbs, by.key);
}

/** A period of twenty years around now. */
export function years(): { notBefore: Date; notAfter: Date } {
  const half = 10 * 365 * 86_400_000;
  return { notBefore: new Date(Date.now() - half), notAfter: new Date(Date.now() + half) };
}

/** UTCTime (RFC 5280, 4.1.2.5.1). */
function utcTime(date: Date): Uint8Array<ArrayBuffer> {
  return element(0x17, utf8(date.toISOString().replace(/[-:T]|\.\d+/g, "").slice(2)));
}

/** GeneralizedTime without fractions (RFC 5280, 4.1.2.5.2). */
export function generalizedTime(date: Date): Uint8Array<ArrayBuffer> {
  return element(TAG.generalizedTime, utf8(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
}

/** Text as a UTF8String. */
export function utf8String(text: string): Uint8Array<ArrayBuffer> {
  return element(TAG.utf8String, utf8(text));
}
