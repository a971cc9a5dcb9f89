/**
 * A signer that remembers what it made, so that a person can be told who has signed.
 *
 * @module
 */

import type { Signature, Signer } from "@blobber/core";
import { signerName } from "../terminal/summary.ts";

/** A signer, and who has signed with it. */
export interface NotedSigner {
  /** Signs as the one that was given. */
  signer: Signer | undefined;
  /** `key SHA256:…` or a subject, once it has signed. */
  signedBy(): Promise<string | undefined>;
}

/**
 * Takes note of the last signature that a signer makes.
 *
 * @param signer made by this program: it has verified what it made
 */
export function notedSigner(signer: Signer | undefined): NotedSigner {
  let last: Signature | undefined;
  return {
    signer: signer && {
      publicKey: signer.publicKey,
      sign: async (manifest, options) => last = await signer.sign(manifest, options),
    },
    signedBy: async () => {
      if (last === undefined) return undefined;
      const { readClaimedSigner } = await import("@blobber/sigstore/verify");
      const { signer } = readClaimedSigner(last);
      return signerName(
        signer.kind === "key"
          ? { kind: "key", fingerprint: signer.fingerprint ?? signer.hint }
          : { ...signer, claims: {} },
      );
    },
  };
}
