/**
 * Key pairs for tests.
 *
 * @module
 */

import { generateKeyPairSync } from "node:crypto";
import type { Workplace } from "./program.ts";

/** Writes a key pair as NAME.pem and NAME.pub. */
export async function keys(at: Workplace, name: string, passphrase?: string): Promise<void> {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: {
      type: "pkcs8",
      format: "pem",
      ...passphrase !== undefined && { cipher: "aes-256-cbc", passphrase },
    },
  });
  await at.write(`${name}.pem`, pair.privateKey as unknown as string, 0o600);
  await at.write(`${name}.pub`, pair.publicKey as unknown as string);
}
