/**
 * What the signatures of an artifact claim about their signers, for users who have not named one yet.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import type { ClaimedSigner } from "@blobber/sigstore/verify";
import { makeClient } from "../library/client_from_settings.ts";
import type { Context } from "../context.ts";

/** Signers named in a message; further ones are counted. */
const MAX_NAMED = 3;

/**
 * Reads what signatures claim. Nothing is verified, and no trust root is fetched.
 *
 * @param context of the command
 * @param reference the artifact
 * @throws {BlobberError} when the artifact or its signatures cannot be read; `no-signature`
 */
export async function claimedSigners(
  context: Context,
  reference: Reference,
): Promise<ClaimedSigner[]> {
  const { isBundleType, readClaimedSigner } = await import("@blobber/sigstore/verify");
  const claimed: ClaimedSigner[] = [];
  try {
    await (await makeClient(context)).verify(reference, {
      signal: context.signal,
      verifier: {
        accepts: isBundleType,
        verify: (_manifest, signature) => {
          claimed.push(readClaimedSigner(signature));
          return Promise.reject(new BlobberError("identity-mismatch", "only looked at"));
        },
      },
    });
  } catch (error) {
    if (claimed.length === 0 || context.signal.aborted) throw error;
  }
  return claimed;
}

/**
 * The error of a verification without a signer to trust: what the signatures claim, and the flags that would
 * verify them.
 *
 * @param context of the command
 * @param reference the artifact
 */
export async function nobodyNamed(context: Context, reference: Reference): Promise<BlobberError> {
  const message = "verification needs to know whom to trust";
  const hint = "--verify-issuer with --verify-subject, --verify-key, --verify-signer, or " +
    "--verify-unsafe for development";
  let claimed: ClaimedSigner[];
  try {
    claimed = await claimedSigners(context, reference);
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    return new BlobberError("usage", message, { cause, hint });
  }
  return new BlobberError("usage", `${message}; ${await claimsInWords(claimed)}`, {
    hint: flagsFor(claimed),
  });
}

/**
 * What signatures claim, as a part of a message.
 *
 * @param claimed at least one
 */
export async function claimsInWords(claimed: readonly ClaimedSigner[]): Promise<string> {
  const { claimText } = await import("@blobber/sigstore/verify");
  const texts = [...new Set(claimed.map(claimText))];
  const more = texts.length - MAX_NAMED;
  return `not verified: it says that it is signed by ${
    texts.slice(0, MAX_NAMED).join("; and by ")
  }${more > 0 ? `; and by ${more} more` : ""}`;
}

/**
 * The flags that would verify signatures. Their values are left out: they must come from the signer, not from
 * the signature.
 *
 * @param claimed at least one
 */
export function flagsFor(claimed: readonly ClaimedSigner[]): string {
  const kinds = new Set(claimed.map(({ signer }) => signer.kind));
  const ways = [
    ...kinds.has("key") ? ["--verify-key FILE with the signer's public key"] : [],
    ...kinds.has("certificate")
      ? ["--verify-issuer and --verify-subject with the signer's identity"]
      : [],
  ];
  return `verify it with ${ways.join(", or ")}`;
}
