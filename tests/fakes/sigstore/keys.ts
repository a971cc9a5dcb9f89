/**
 * The keys of a fake Sigstore, made anew each time.
 *
 * @module
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { oid, sequence } from "../../../sigstore/encoding/der.ts";

/** What a key signs with, by the name of its algorithm. */
export type Algorithm = "P-256" | "P-384" | "Ed25519";

/** A key pair. */
export class FakeKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly algorithm: Algorithm;

  constructor(algorithm: Algorithm = "P-256") {
    const pair = algorithm === "Ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: algorithm });
    this.algorithm = algorithm;
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
    this.spki = new Uint8Array(pair.publicKey.export({ format: "der", type: "spki" }));
  }

  /** The hash that this key signs with. */
  get hash(): string | null {
    return { "P-256": "sha256", "P-384": "sha384", "Ed25519": null }[this.algorithm];
  }

  /** The signature algorithm as an X.509 AlgorithmIdentifier (RFC 5758, 3.2). */
  get identifier(): Uint8Array<ArrayBuffer> {
    const arc = { "P-256": 2, "P-384": 3, "Ed25519": 0 }[this.algorithm];
    return sequence(oid(arc === 0 ? "1.3.101.112" : `1.2.840.10045.4.3.${arc}`));
  }

  /** Signs; ECDSA as DER. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(sign(this.hash, message, this.privateKey));
  }
}

/** SHA-256. */
export function sha256(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
