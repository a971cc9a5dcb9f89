/**
 * Errors for signatures that are not verified. They tell what the signature claims, because nothing else is
 * known of it then.
 *
 * @module
 */

import { BlobberError, isBlobberError } from "@blobber/core/errors";
import type { Bundle } from "../encoding/bundle.ts";
import { claimedSigner, claimText } from "./claimed_signer.ts";
import { expectedSigners } from "./identity.ts";
import type { Rules, TrustSource } from "./policy.ts";
import type { TrustMaterial } from "../trust/trust_root.ts";

/** The error for a signature of another kind or key than is expected. It repeats only the signature's claims. */
export function unexpectedSigner(bundle: Bundle, rules: Rules, hint: string): BlobberError {
  return new BlobberError(
    "identity-mismatch",
    `not verified: it says that it is by ${claimText(claimedSigner(bundle))}; ` +
      `expected ${expectedSigners(rules)}`,
    { hint },
  );
}

/**
 * Gets the trust material to verify a signature with.
 *
 * @throws {BlobberError} `trust-root`, telling what the signature claims
 */
export async function trustFor(bundle: Bundle, source: TrustSource): Promise<TrustMaterial> {
  try {
    return await source();
  } catch (error) {
    if (!isBlobberError(error) || error.code !== "trust-root") throw error;
    const { code, message, advice } = error;
    throw new BlobberError(
      code,
      `${message}; not verified: it says that it is by ${claimText(claimedSigner(bundle))}`,
      { cause: error, ...advice },
    );
  }
}
