/**
 * How a PKCS#8 key is encrypted (RFC 5958, 3; RFC 8018, A.4), to tell a cipher that cannot be used here from a
 * wrong passphrase, and work that a file may not ask for.
 *
 * @module
 */

import { toHex } from "@blobber/core/internal/bytes";
import { MAX_KEY_ITERATIONS } from "@blobber/core/limits";
import { type DerNode, inside, oid, readOne, TAG } from "../encoding/der.ts";

/** What a key is encrypted with. */
export interface KeyCipher {
  /** Its name, as openssl says it, or its parts. */
  name: string;
  /** Whether every runtime can use it. */
  common: boolean;
  /** Whether it asks for more rounds than are made. */
  excessive: boolean;
}

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const SCRYPT = "1.3.6.1.4.1.11591.4.11";

/** Names by dotted object identifier. */
const NAMES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.5.1": "PBE-MD2-DES",
  "1.2.840.113549.1.5.3": "PBE-MD5-DES",
  "1.2.840.113549.1.5.10": "PBE-SHA1-DES",
  "1.2.840.113549.1.12.1.1": "PBE-SHA1-RC4-128",
  "1.2.840.113549.1.12.1.3": "PBE-SHA1-3DES",
  "1.2.840.113549.1.12.1.6": "PBE-SHA1-RC2-40",
  "1.2.840.113549.2.7": "HMAC-SHA1",
  "1.2.840.113549.2.6": "HMAC-MD5",
  "1.2.840.113549.2.8": "HMAC-SHA224",
  "1.2.840.113549.2.9": "HMAC-SHA256",
  "1.2.840.113549.2.10": "HMAC-SHA384",
  "1.2.840.113549.2.11": "HMAC-SHA512",
  "1.2.840.113549.3.7": "3DES",
  "1.2.840.113549.3.2": "RC2",
  "1.3.14.3.2.7": "DES",
  "1.2.392.200011.61.1.1.1.2": "Camellia-128",
  "1.2.392.200011.61.1.1.1.3": "Camellia-192",
  "1.2.392.200011.61.1.1.1.4": "Camellia-256",
  "1.2.410.200046.1.1.2": "ARIA-128",
  "1.2.410.200046.1.1.12": "ARIA-256",
  "2.16.840.1.101.3.4.1.2": "AES-128",
  "2.16.840.1.101.3.4.1.22": "AES-192",
  "2.16.840.1.101.3.4.1.42": "AES-256",
  [SCRYPT]: "scrypt",
};
const COMMON = /^(?:AES-\d+ with (?:HMAC-SHA(?:224|256|384|512)|scrypt))$/;
const BY_BYTES = new Map(
  [...Object.keys(NAMES), PBES2, PBKDF2].map((dotted) => [toHex(oid(dotted)), dotted]),
);

/**
 * Reads it.
 *
 * @param der an `EncryptedPrivateKeyInfo`
 * @returns nothing for what is none
 */
export function keyCipher(der: Uint8Array): KeyCipher | undefined {
  try {
    const [algorithm] = inside(readOne(der));
    const [scheme, parameters] = inside(algorithm);
    const rounds = (node: DerNode | undefined) => node === undefined ? 0 : countOf(node);
    if (dotted(scheme) !== PBES2) {
      const excessive = rounds(inside(parameters)[1]) > MAX_KEY_ITERATIONS;
      return { name: nameOf(scheme), common: false, excessive };
    }
    const [derivation, encryption] = inside(parameters);
    const [method, terms] = inside(derivation);
    const cipher = nameOf(inside(encryption)[0]);
    if (dotted(method) !== PBKDF2) {
      // OpenSSL bounds scrypt's memory itself.
      const name = `${cipher} with ${nameOf(method)}`;
      return { name, common: COMMON.test(name), excessive: false };
    }
    const [, count, ...rest] = inside(terms);
    const prf = rest.find(({ tag }) => tag === TAG.sequence);
    // RFC 8018, A.2: HMAC-SHA1 where none is named.
    const name = `${cipher} with ${prf === undefined ? "HMAC-SHA1" : nameOf(inside(prf)[0])}`;
    return { name, common: COMMON.test(name), excessive: rounds(count) > MAX_KEY_ITERATIONS };
  } catch { // not DER, or another structure
    return undefined;
  }
}

function dotted(node: DerNode | undefined): string | undefined {
  return node?.tag === TAG.oid ? BY_BYTES.get(toHex(node.raw)) : undefined;
}

function nameOf(node: DerNode | undefined): string {
  return NAMES[dotted(node) ?? ""] ?? "a cipher of another kind";
}

function countOf({ tag, content }: DerNode): number {
  if (tag !== TAG.integer || content.length === 0 || content.length > 6) return Infinity;
  return content.reduce((value, octet) => value * 256 + octet, 0);
}
