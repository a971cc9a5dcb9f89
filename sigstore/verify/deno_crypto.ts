/**
 * The care that Deno's `crypto.verify` needs beneath `@sigstore/*`.
 *
 * `@sigstore/core` verifies ECDSA and RSA signatures without naming a hash. Node then takes SHA-256; Deno
 * throws, and the library turns that into "signature invalid". Where the runtime is found to throw, the
 * library's one function for this is replaced by one that names SHA-256, which changes nothing else: no
 * global, and no `node:crypto` of other code. Where it does not throw, nothing is touched.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import sigstoreCrypto from "@sigstore/core/dist/crypto.js";

type Verify = typeof sigstoreCrypto.verify;

// Any P-256 key and any signature will do: what is asked is whether `verify` answers or throws.
const PROBE_KEY =
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfp2RYEDggGXAX6FgUl0unG85h/RRK15aO1jSmH0gFWAv" +
  "IyqGdxxuuXmHJXgUsChFFNDkM9DbxvK4qhF7Ga3hWw==";
const PROBE_SIGNATURE = new Uint8Array([0x30, 6, 2, 1, 1, 2, 1, 1]);

/** Whether this runtime needs the care: whether it throws where Node takes SHA-256. */
export function needsNamedHash(): boolean {
  const key = createPublicKey(
    `-----BEGIN PUBLIC KEY-----\n${PROBE_KEY}\n-----END PUBLIC KEY-----\n`,
  );
  try {
    verify(undefined, PROBE_SIGNATURE, key, PROBE_SIGNATURE);
    return false;
  } catch {
    return true;
  }
}

/** As the library's own function, but the hash is named wherever the key's kind needs one. */
const verifyNamingHash: Verify = (data, key, signature, algorithm) => {
  const { asymmetricKeyType: type } = key as KeyObject;
  const hash = type === "ed25519" || type === "ed448" ? null : algorithm ?? "sha256";
  try {
    return verify(hash, data, key, signature);
  } catch { // as the library does
    return false;
  }
};

/** Puts the care in place where it is needed. Safe to call again. */
export function prepareSigstoreCrypto(): void {
  if (sigstoreCrypto.verify !== verifyNamingHash && needsNamedHash()) {
    sigstoreCrypto.verify = verifyNamingHash;
  }
}
