/**
 * The trust material that a new signature is verified with.
 *
 * @module
 */

import { theirs } from "@blobber/core/internal/caller-errors";
import type { CallOptions } from "@blobber/core";
import { nonsense, type SignerOptions } from "./signer_options.ts";
import { isPublicService, type SigningServices } from "./signing_config.ts";
import { TrustMaterial } from "../trust/trust_root.ts";

/**
 * Gets what those who verify will trust, as far as that is known here.
 *
 * @param services that take part in signing
 * @param options of the signer, which may name the material
 * @returns nothing where the services have no public trust root
 * @throws {BlobberError} `trust-root`
 */
export async function trustForServices(
  { fulcio, logs, timestamps }: SigningServices,
  { trust, onNotice, fetch, onRequest }: Pick<
    SignerOptions,
    "trust" | "onNotice" | "fetch" | "onRequest"
  >,
  { signal }: CallOptions,
): Promise<TrustMaterial | undefined> {
  if (trust !== undefined) {
    const material: unknown = typeof trust === "function" ? await theirs(trust) : trust;
    if (material instanceof TrustMaterial) return material;
    // Without it, the signature would be given away unverified.
    throw nonsense("the function for trust returned no trust material");
  }
  const asked = [...fulcio ? [fulcio] : [], ...logs.map(({ url }) => url), ...timestamps];
  // The public root knows only a part of a mixture, so verifying with it refuses the whole.
  const [decisive] = asked;
  if (decisive === undefined || !isPublicService(decisive)) return undefined;
  const { publicTrustRoot } = await import("../trust/tuf.ts");
  return await publicTrustRoot({ onNotice, fetch, onRequest, signal });
}
