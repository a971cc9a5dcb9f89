/**
 * Reads a signer's certificate (RFC 5280) for what it says about the signer, and refuses one that says it
 * twice or that was not issued for signing. Whether a trusted authority issued it is another question.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { toHex } from "@blobber/core/internal/bytes";
import { quote } from "@blobber/core/internal/printable";
import { readClaims } from "./claims.ts";
import { type DerNode, dotted, inside, oid, readAll, readOne, TAG } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";
import { guarded, invalidSignature } from "../encoding/malformed.ts";
import { weaknessOf } from "../keys/public_key.ts";
import { checkSpki } from "../keys/spki.ts";

/** What a certificate says. */
export interface SignerCertificate {
  der: Uint8Array;
  key: KeyObject;
  /** The OIDC issuer that vouched for the subject. */
  issuer: string;
  /** The one subject alternative name. Its text alone tells a URI, a mail address and a user name apart. */
  subject: string;
  claims: Record<string, string>;
  notBefore: Date;
  notAfter: Date;
}

const OID = {
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
};
/** Critical extensions that are understood here; any other one must not be passed over (RFC 5280, 4.2). */
const UNDERSTOOD = new Set(Object.values(OID));
const CODE_SIGNING = toHex(oid("1.3.6.1.5.5.7.3.3"));
const FULCIO_USERNAME = toHex(oid("1.3.6.1.4.1.57264.1.7"));
// Context-specific tags: version, extensions; otherName, rfc822Name, uniformResourceIdentifier.
const VERSION = 0xa0, EXTENSIONS = 0xa3, OTHER_NAME = 0xa0, MAIL = 0x81, URI = 0x86;

/**
 * Reads a certificate. It is not trusted yet, so what reading it costs is bounded by its length
 * ({@linkcode checkDer}), and so is what its key may cost ({@linkcode checkSpki}).
 *
 * @param der the certificate
 * @throws {BlobberError} `signature-invalid`
 */
export function readCertificate(der: Uint8Array): SignerCertificate {
  return guarded("the certificate cannot be read", invalidSignature, () => read(der));
}

function read(der: Uint8Array): SignerCertificate {
  checkDer(der);
  const [tbs] = inside(readOne(der));
  const parts = inside(tbs);
  // TBSCertificate: [0] version, serial, algorithm, issuer, validity, subject, key, … [3] extensions.
  if (parts[0]?.tag !== VERSION) throw invalidSignature("the certificate is not of version 3");
  const [notBefore, notAfter] = inside(parts[4]);
  const last = parts.at(-1);
  if (last?.tag !== EXTENSIONS) throw invalidSignature("the certificate has no extensions");
  const extensions = readExtensions(inside(readOne(last.content)));
  checkPurpose(extensions);
  const claims = readClaims(extensions, invalidSignature);
  if (claims["issuer"] === undefined) throw invalidSignature("the certificate names no issuer");
  checkSpki(parts[6]!.raw);
  const key = createPublicKey({ key: parts[6]!.raw as never, format: "der", type: "spki" });
  const weakness = weaknessOf(key);
  if (weakness !== undefined) throw invalidSignature(`the certificate's key ${weakness}`);
  return {
    der,
    key,
    issuer: claims["issuer"],
    subject: readSubject(extensions.get(OID.subjectAltName)),
    claims,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
  };
}

function readExtensions(nodes: DerNode[]): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const node of nodes) {
    const [id, ...rest] = inside(node);
    const value = rest.at(-1);
    if (id?.tag !== TAG.oid || value?.tag !== TAG.octetString || rest.length > 2) {
      throw invalidSignature("the certificate has a malformed extension");
    }
    const name = dotted(id.content);
    if (found.has(name)) throw invalidSignature(`the certificate has the extension ${name} twice`);
    if (rest.length === 2 && !UNDERSTOOD.has(name)) {
      throw invalidSignature(`the certificate has the critical extension ${name}`);
    }
    found.set(name, value.content);
  }
  return found;
}

/** An end-entity certificate for signing code: what Fulcio issues, and no authority's own. */
function checkPurpose(extensions: ReadonlyMap<string, Uint8Array>): void {
  const usage = extensions.get(OID.keyUsage);
  const bits = usage && readOne(usage, TAG.bitString).content;
  if (bits === undefined || ((bits[1] ?? 0) & 0x80) === 0) {
    throw invalidSignature("the certificate is not for digital signatures");
  }
  const purposes = extensions.get(OID.extendedKeyUsage);
  if (
    purposes === undefined ||
    !inside(readOne(purposes)).some((purpose) => toHex(purpose.raw) === CODE_SIGNING)
  ) {
    throw invalidSignature("the certificate is not for signing code");
  }
  const constraints = extensions.get(OID.basicConstraints);
  if (constraints !== undefined && inside(readOne(constraints))[0]?.tag === TAG.boolean) {
    throw invalidSignature("the certificate is an authority's");
  }
}

/** Exactly one name, in a form that only its own kind can have. */
function readSubject(value: Uint8Array | undefined): string {
  const names = value === undefined ? [] : inside(readOne(value));
  if (names.length !== 1) {
    throw invalidSignature(`the certificate has ${names.length} subjects, expected one`);
  }
  const [name] = names as [DerNode];
  const ascii = (bytes: Uint8Array) => {
    if (bytes.some((byte) => byte < 0x21 || byte > 0x7e)) {
      throw invalidSignature("the certificate's subject is not printable ASCII");
    }
    return String.fromCharCode(...bytes);
  };
  switch (name.tag) {
    case MAIL: {
      const mail = ascii(name.content);
      if (!/^[^@]+@[^@]+$/.test(mail) || mail.includes("://")) {
        throw invalidSignature(`the certificate's mail address is ${quote(mail)}`);
      }
      return mail;
    }
    case URI: {
      const uri = ascii(name.content);
      if (!/^[a-z][a-z0-9+.-]*:\/\//.test(uri)) {
        throw invalidSignature(`the certificate's URI is ${quote(uri)}`);
      }
      return uri;
    }
    case OTHER_NAME: {
      // Fulcio's user names, `name!domain`, in an otherName of their own type.
      const [type, wrapped] = readAll(name.content);
      if (type === undefined || toHex(type.raw) !== FULCIO_USERNAME || wrapped === undefined) break;
      const user = ascii(readOne(wrapped.content, TAG.utf8String).content);
      if (/@|:\/\//.test(user)) break;
      return user;
    }
  }
  throw invalidSignature("the certificate's subject is not a mail address, URI or user name");
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280, 4.1.2.5. */
function readTime(node: DerNode | undefined): Date {
  const text = String.fromCharCode(...(node?.content ?? []));
  const match = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw invalidSignature("the certificate has a malformed time");
  const [, y = "", ...rest] = match;
  const year = y.length === 4 ? y : (Number(y) >= 50 ? "19" : "20") + y;
  return new Date(`${year}-${rest[0]}-${rest[1]}T${rest[2]}:${rest[3]}:${rest[4]}Z`);
}
