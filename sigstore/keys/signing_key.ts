/**
 * What makes a signature: a key of one's own, or one made for a single signature.
 *
 * @module
 */

import { toPem } from "../encoding/pem.ts";
import { ecdsaSignature } from "../encoding/der.ts";

/** How a key signs, in the names of Sigstore's `PublicKeyDetails`. */
export type KeyDetails =
  | "PKIX_ECDSA_P256_SHA_256"
  | "PKIX_ECDSA_P384_SHA_256"
  | "PKIX_ECDSA_P521_SHA_512"
  | "PKIX_RSA_PKCS1V15_2048_SHA256"
  | "PKIX_RSA_PKCS1V15_3072_SHA256"
  | "PKIX_RSA_PKCS1V15_4096_SHA256"
  | "PKIX_ED25519";

/** A key that signs. */
export interface SigningKey {
  /** The public half as SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Absent where Sigstore has no name for it (RSA of an unusual size). */
  readonly details: KeyDetails | undefined;
  /** Signs; ECDSA as DER. */
  sign(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/** The public half as PEM. */
export function publicKeyPem(key: SigningKey): string {
  return toPem("PUBLIC KEY", key.publicKey);
}

/**
 * Makes a key for one signature: P-256, which every Fulcio and log takes. It cannot be extracted, so it
 * cannot reach a disk or a log, and it is gone once the signature is made.
 */
export async function ephemeralKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  );
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
    details: "PKIX_ECDSA_P256_SHA_256",
    async sign(message) {
      const signature = await crypto.subtle.sign(
        { name: "ECDSA", hash: "SHA-256" },
        pair.privateKey,
        message as Uint8Array<ArrayBuffer>,
      );
      return ecdsaSignature(new Uint8Array(signature));
    },
  };
}
