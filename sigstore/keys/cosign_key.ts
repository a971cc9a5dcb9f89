/**
 * Opens the key file that `cosign generate-key-pair` writes: JSON around a PKCS#8 key, encrypted by NaCl's
 * secretbox under a key that scrypt makes from a passphrase.
 *
 * @module
 */

import { scrypt } from "node:crypto";
import { fromBase64 } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { isObject } from "@blobber/core/internal/json";
import { MAX_SCRYPT_BYTES, MAX_SCRYPT_LANES } from "@blobber/core/limits";

/**
 * Opens the file.
 *
 * @param content what the PEM block holds
 * @param passphrase what opens it
 * @returns the key as PKCS#8, DER
 * @throws {BlobberError} `invalid-key`
 */
export async function openCosignKey(
  content: Uint8Array,
  passphrase: string | undefined,
): Promise<Uint8Array> {
  const file = parseCosignKey(content);
  if (passphrase === undefined) {
    throw new BlobberError(
      "invalid-key",
      "the signing key is encrypted, and there is no passphrase",
      {
        hint: ["give it with ", { option: "passphrase" }],
      },
    );
  }
  const { N, r, p, salt, nonce, ciphertext } = file;
  const key = await new Promise<Uint8Array>((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N, r, p, maxmem: 2 * MAX_SCRYPT_BYTES }, (error, made) => {
      if (error) reject(notCosignKey());
      else resolve(new Uint8Array(made));
    });
  });
  const { xsalsa20poly1305 } = await import("@noble/ciphers/salsa.js");
  try {
    return xsalsa20poly1305(key, nonce).decrypt(ciphertext);
  } catch { // the box's tag does not fit
    throw new BlobberError("invalid-key", "the signing key cannot be opened with this passphrase", {
      hint: "check the passphrase, and that the file is whole",
    });
  }
}

interface Parts {
  N: number;
  r: number;
  p: number;
  salt: Uint8Array;
  nonce: Uint8Array;
  ciphertext: Uint8Array;
}

function parseCosignKey(content: Uint8Array): Parts {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch { // said below
  }
  if (!isObject(value) || !isObject(value.kdf) || !isObject(value.cipher)) throw notCosignKey();
  const { kdf, cipher, ciphertext } = value;
  if (kdf.name !== "scrypt" || cipher.name !== "nacl/secretbox" || !isObject(kdf.params)) {
    throw notCosignKey();
  }
  const { N, r, p } = kdf.params;
  const [salt, nonce, box] = [kdf.salt, cipher.nonce, ciphertext].map((text) =>
    typeof text === "string" ? fromBase64(text) : undefined
  );
  if (!salt || !nonce || !box || nonce.length !== 24) throw notCosignKey();
  // scrypt takes 128 * N * r bytes (RFC 7914, 2); the file must not decide how much that is.
  const sound = [N, r, p].every((n) => Number.isSafeInteger(n) && (n as number) >= 1) &&
    Number.isInteger(Math.log2(N as number)) &&
    128 * (N as number) * (r as number) <= MAX_SCRYPT_BYTES && (p as number) <= MAX_SCRYPT_LANES;
  if (!sound) throw notCosignKey();
  return { N: N as number, r: r as number, p: p as number, salt, nonce, ciphertext: box };
}

function notCosignKey(): BlobberError {
  return new BlobberError(
    "invalid-key",
    "invalid signing key: it is not a key file of cosign, expected scrypt and nacl/secretbox",
  );
}
