/**
 * Reads a signing key of one's own: PKCS#8, encrypted PKCS#8, SEC1, PKCS#1, or cosign's own key file.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { BlobberError } from "@blobber/core/errors";
import {
  MAX_KEY_FILE_BYTES,
  MAX_KEY_ITERATIONS,
  MIN_RSA_BITS,
  MIN_RSA_EXPONENT,
} from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { type PemBlock, readPem, toPem } from "../encoding/pem.ts";
import { openCosignKey } from "./cosign_key.ts";
import { type KeyCipher, keyCipher } from "./key_cipher.ts";
import type { KeyDetails, SigningKey } from "./signing_key.ts";

/** A key as its owner has it. */
export interface KeyFile {
  /** The PEM text. */
  pem: string;
  /** What opens it; an empty one is one. */
  passphrase?: string | undefined;
}

const LABELS = {
  plain: ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"],
  encrypted: ["ENCRYPTED PRIVATE KEY"],
  cosign: ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"],
};
const CONVERT = "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 " +
  "-in OLD -out NEW (for the oldest ciphers with -provider legacy -provider default)";
const EXPECTED =
  `expected one PEM private key: ECDSA P-256, P-384 or P-521, RSA from ${MIN_RSA_BITS} bits, or Ed25519`;

/**
 * Reads a key. Nothing of it, and nothing of the passphrase, appears in an error.
 *
 * @param file the PEM text and its passphrase
 * @throws {BlobberError} `invalid-key`
 */
export async function readPrivateKey(file: KeyFile): Promise<SigningKey> {
  if (file.pem.length > MAX_KEY_FILE_BYTES) throw invalidKey("it is too large to be one");
  // EC parameters stand before the key in files that openssl ecparam made.
  const blocks = readPem(file.pem).filter(({ label }) => label !== "EC PARAMETERS");
  const block = blocks[0];
  if (block === undefined) throw invalidKey("it holds no PEM block");
  if (blocks.length > 1) throw invalidKey(`it holds ${blocks.length} PEM blocks`);
  return signingKeyOf(await open(block, file));
}

/**
 * Whether a key file needs a passphrase, so that one can be asked for.
 *
 * @example
 * ```ts
 * import { needsPassphrase } from "@blobber/sigstore";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { privateKey } = generateKeyPairSync("ed25519");
 * const open = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
 * const closed = privateKey.export({
 *   type: "pkcs8",
 *   format: "pem",
 *   cipher: "aes-256-cbc",
 *   passphrase: "a secret",
 * }) as string;
 * if (needsPassphrase(open) || !needsPassphrase(closed)) throw new Error("expected the second to");
 * ```
 */
export function needsPassphrase(pem: string): boolean {
  const label = readPem(pem.slice(0, MAX_KEY_FILE_BYTES))[0]?.label ?? "";
  return LABELS.encrypted.includes(label) || LABELS.cosign.includes(label) ||
    /^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

async function open(block: PemBlock, { pem, passphrase }: KeyFile): Promise<KeyObject> {
  const { label, der } = block;
  if (LABELS.cosign.includes(label)) {
    return load(toPem("PRIVATE KEY", await openCosignKey(der, passphrase)));
  }
  if (LABELS.encrypted.includes(label)) {
    if (passphrase === undefined) throw noPassphrase();
    const cipher = keyCipher(der);
    if (cipher?.excessive) {
      throw invalidKey(`its passphrase takes more than ${MAX_KEY_ITERATIONS} rounds`);
    }
    return load(toPem(label, der), passphrase, cipher);
  }
  if (!LABELS.plain.includes(label)) {
    throw invalidKey(
      /PUBLIC KEY|CERTIFICATE/.test(label)
        ? `it holds a ${label}, which cannot sign`
        : `it holds a block ${quote(label)}`,
    );
  }
  if (/^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw new BlobberError("invalid-key", "the signing key is encrypted in OpenSSL's old form", {
      hint: "convert it: openssl pkcs8 -topk8 -in OLD -out NEW",
    });
  }
  return load(toPem(label, der));
}

function load(pem: string, passphrase?: string, cipher?: KeyCipher): KeyObject {
  try {
    return createPrivateKey({
      key: pem,
      format: "pem",
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch (error) { // the library's words say nothing that a person can use, and may quote the key
    if (passphrase === undefined) throw invalidKey("it cannot be read");
    const tried = (error as { code?: unknown }).code === "ERR_OSSL_BAD_DECRYPT";
    // Node, which has more ciphers than Deno, says so when it was the passphrase.
    if (cipher !== undefined && !cipher.common && !tried) {
      throw new BlobberError(
        "invalid-key",
        `the signing key is encrypted with ${cipher.name}, which is not supported here, ` +
          "expected AES with HMAC-SHA256 or scrypt",
        { hint: CONVERT },
      );
    }
    throw new BlobberError("invalid-key", "the signing key cannot be opened with this passphrase", {
      hint: "check the passphrase, and that the file is whole",
    });
  }
}

function signingKeyOf(key: KeyObject): SigningKey {
  const { algorithm, details } = algorithmOf(key);
  const publicKey = createPublicKey(key as never).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(publicKey),
    details,
    // deno-lint-ignore require-await
    async sign(message) {
      return new Uint8Array(sign(algorithm, message, key));
    },
  };
}

/**
 * The hash that a key signs with. P-384 with SHA-256 is what cosign's verifiers take for it; P-521 with
 * SHA-256 cannot be made in Deno, so it is the one of its size; Ed25519 has its own inside.
 */
function algorithmOf(
  key: KeyObject,
): { algorithm: string | null; details: KeyDetails | undefined } {
  const { namedCurve, modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return { algorithm: null, details: "PKIX_ED25519" };
    case "ec":
      switch (namedCurve) {
        case "prime256v1":
        case "P-256":
          return { algorithm: "sha256", details: "PKIX_ECDSA_P256_SHA_256" };
        case "secp384r1":
        case "P-384":
          return { algorithm: "sha256", details: "PKIX_ECDSA_P384_SHA_256" };
        case "secp521r1":
        case "P-521":
          return { algorithm: "sha512", details: "PKIX_ECDSA_P521_SHA_512" };
      }
      throw invalidKey(`it is on the curve ${quote(namedCurve)}`);
    case "rsa": {
      if (modulusLength < MIN_RSA_BITS) throw invalidKey(`it is RSA of ${modulusLength} bits`);
      if (publicExponent !== undefined && publicExponent < MIN_RSA_EXPONENT) {
        throw invalidKey(`it is RSA with the exponent ${publicExponent}`);
      }
      const details = [2048, 3072, 4096].includes(modulusLength)
        ? `PKIX_RSA_PKCS1V15_${modulusLength}_SHA256` as KeyDetails
        : undefined;
      return { algorithm: "sha256", details };
    }
  }
  throw invalidKey(`it is of the type ${quote(key.asymmetricKeyType)}`);
}

function invalidKey(why: string): BlobberError {
  return new BlobberError("invalid-key", `invalid signing key: ${why}, ${EXPECTED}`);
}

function noPassphrase(): BlobberError {
  return new BlobberError(
    "invalid-key",
    "the signing key is encrypted, and there is no passphrase",
    {
      hint: ["give it with ", { option: "passphrase" }],
    },
  );
}
