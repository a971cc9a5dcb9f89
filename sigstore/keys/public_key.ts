/**
 * Public keys: loaded from PEM with every doubt refused, and the one way to check a signature with them.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { toBase64, toHex } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { MAX_KEY_BYTES, MIN_RSA_BITS, MIN_RSA_EXPONENT } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { sha256 } from "../encoding/sha256.ts";
import { readPem } from "../encoding/pem.ts";
import { reasonOf } from "../encoding/malformed.ts";
import { inside, readOne } from "../encoding/der.ts";
import { checkSpki } from "./spki.ts";

/** A public key that may verify. */
export interface PublicKey {
  /** The key as node:crypto takes it. */
  key: KeyObject;
  /** The key as SubjectPublicKeyInfo (RFC 5280, 4.1). */
  der: Uint8Array<ArrayBuffer>;
  /** What bundles name the key by: base64 of the SHA-256 of `der`. */
  hint: string;
  /** `SHA256:` and the same digest in hexadecimal. */
  fingerprint: string;
}

const EXPECTED = 'expected one PEM block "PUBLIC KEY" with ECDSA P-256, P-384 or P-521, ' +
  `RSA from ${MIN_RSA_BITS} bits, or Ed25519`;

/** Hashes that a signature of a curve may be over: the curve's own, and SHA-256, which cosign uses. */
const CURVES: Readonly<Record<string, string[]>> = {
  prime256v1: ["sha256"],
  secp384r1: ["sha384", "sha256"],
  secp521r1: ["sha512", "sha256"],
};

/**
 * Loads a public key.
 *
 * @example
 * ```ts
 * import { readPublicKey } from "@blobber/sigstore/verify";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { publicKey } = generateKeyPairSync("ed25519");
 * const key = readPublicKey(publicKey.export({ type: "spki", format: "pem" }) as string, "my key");
 * if (!/^SHA256:[0-9a-f]{64}$/.test(key.fingerprint)) throw new Error(key.fingerprint);
 * ```
 *
 * @param text PEM: one block `PUBLIC KEY` and nothing else that is a key
 * @param name where it came from, for messages
 * @throws {BlobberError} `invalid-key`
 */
export function readPublicKey(text: string, name = "the public key"): PublicKey {
  const invalidKey = (why: string, cause?: unknown) =>
    new BlobberError("invalid-key", `invalid key: ${name} ${why}; ${EXPECTED}`, { cause });
  if (text.length > MAX_KEY_BYTES) throw invalidKey(`is longer than ${MAX_KEY_BYTES} characters`);
  const marks = text.match(/-----BEGIN [^\n]*/g) ?? [];
  const blocks = readPem(text);
  if (marks.some((mark) => mark.includes("PRIVATE KEY"))) {
    throw new BlobberError("invalid-key", `invalid key: ${name} is a private key; ${EXPECTED}`, {
      hint:
        "verify with the public half, and keep the private one away from where things are verified",
    });
  }
  if (marks.length === 0) throw invalidKey("is not PEM");
  if (marks.length > 1) throw invalidKey(`has ${marks.length} PEM blocks`);
  const [block] = blocks;
  if (block === undefined) throw invalidKey("is not PEM");
  if (block.label !== "PUBLIC KEY") throw invalidKey(`is a ${quote(block.label)}`);
  let key: KeyObject;
  try {
    checkSpki(block.der);
  } catch (cause) {
    throw invalidKey(`cannot be read: ${reasonOf(cause)}`, cause);
  }
  try {
    key = createPublicKey({ key: block.der as never, format: "der", type: "spki" });
  } catch (cause) {
    throw invalidKey("cannot be read", cause);
  }
  const weakness = weaknessOf(key);
  if (weakness !== undefined) throw invalidKey(weakness);
  const der = spkiOf(key);
  // Another encoding of the same key would have another hint and another fingerprint.
  if (toBase64(der) !== toBase64(block.der)) throw invalidKey("is not in its canonical encoding");
  if (key.asymmetricKeyType === "ec" && !isUncompressed(der)) {
    throw invalidKey("has a compressed point");
  }
  return { key, der, ...namesOf(der) };
}

/** The octet behind the count of unused bits says how a point is written (SEC 1, 2.3.3). */
function isUncompressed(der: Uint8Array): boolean {
  return inside(readOne(der))[1]?.content[1] === 4;
}

/** What is wrong with a key, or nothing. */
export function weaknessOf(key: KeyObject): string | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return undefined;
    case "ec":
      return CURVES[details.namedCurve ?? ""] === undefined
        ? `is on the curve ${quote(details.namedCurve ?? "unknown")}`
        : undefined;
    case "rsa": {
      const bits = details.modulusLength ?? 0;
      const exponent = details.publicExponent ?? 0n;
      if (bits < MIN_RSA_BITS) return `has ${bits} bits`;
      return exponent < MIN_RSA_EXPONENT || exponent % 2n === 0n
        ? `has the RSA exponent ${exponent}`
        : undefined;
    }
    default:
      return `is of type ${quote(key.asymmetricKeyType ?? "unknown")}`;
  }
}

/** A key as SubjectPublicKeyInfo. */
function spkiOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(key.export({ format: "der", type: "spki" }));
}

/** What a key is called. */
function namesOf(der: Uint8Array): { hint: string; fingerprint: string } {
  const digest = sha256(der);
  return { hint: toBase64(digest), fingerprint: fingerprintOf(digest) };
}

/**
 * The one form in which a key's fingerprint is shown.
 *
 * @param digest SHA-256 of its SubjectPublicKeyInfo
 */
export function fingerprintOf(digest: Uint8Array): string {
  return `SHA256:${toHex(digest)}`;
}

/**
 * Whether a signature over bytes was made by a key. ECDSA signatures are DER (RFC 3279), RSA is
 * PKCS #1 v1.5, Ed25519 signs the bytes themselves. The hash is always named: Deno demands it, and a
 * default would be a hidden decision.
 *
 * @param key a key without weakness
 * @param bytes what was signed
 * @param signature the signature
 */
export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === "ed25519") return attempt(null, bytes, key, signature);
  const hashes = key.asymmetricKeyType === "ec"
    ? CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? []
    : ["sha256"];
  return hashes.some((hash) => attempt(hash, bytes, key, signature));
}

function attempt(
  hash: string | null,
  bytes: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, bytes, key, signature);
  } catch { // a signature of the wrong form, or a hash that this runtime has not for this curve
    return false;
  }
}
