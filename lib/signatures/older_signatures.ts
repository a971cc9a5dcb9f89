/**
 * Signatures as cosign stored them before it had bundles: layers of a manifest that stands under a tag made
 * of the signed digest. Loaded when there is no other signature that satisfies.
 *
 * @module
 */

import { type Allowance, readPart } from "./candidates.ts";
import { cosignTagsOf, type Tagged } from "../artifact/cosign_tags.ts";
import type { Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { MAX_REFERRER_BYTES, MAX_REFERRERS, MAX_SIGNATURE_BYTES } from "../limits.ts";
import { parseDocument } from "../artifact/manifest.ts";
import type { Signature } from "../signing.ts";
import type { CallOptions, Source } from "../store.ts";

/** Media type of the layers: cosign's payload of "simple signing". */
const TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";

/** The manifest that holds them, not yet read. */
export interface OlderSignatures extends Tagged {
  /** Media type of the signatures in it. */
  type: string;
}

/**
 * Looks for such signatures.
 *
 * @param source where the signed manifest is
 * @param digest its digest
 */
export async function findOlder(
  source: Source,
  digest: Digest,
  options: CallOptions,
): Promise<OlderSignatures | undefined> {
  const [found] = await cosignTagsOf(source, digest, { ...options, kinds: ["sig"] });
  return found && { ...found, type: TYPE };
}

/**
 * Reads the manifest. Nothing in it says what it is about: each signature does.
 *
 * @param found where it is
 * @returns a reader for each signature, and whether there are more
 * @throws {BlobberError} `integrity`, `invalid-manifest`, `limit`, or the store's
 */
export async function readOlder(
  source: Source,
  found: OlderSignatures,
  options: CallOptions & { allowance: Allowance },
): Promise<{ parts: (() => Promise<Signature>)[]; cut: boolean }> {
  const { descriptor } = found;
  const bytes = await readPart(source, descriptor, {
    ...options,
    kind: "manifest of signatures",
    limit: MAX_REFERRER_BYTES,
  });
  const { value } = parseDocument(descriptor, bytes);
  if (!("layers" in value)) {
    throw new BlobberError(
      "signature-invalid",
      `the tag ${found.tag} is an index, expected a manifest of signatures`,
    );
  }
  const layers = value.layers.filter(({ mediaType }) => mediaType === TYPE);
  const parts = layers.slice(0, MAX_REFERRERS).map((layer) => async (): Promise<Signature> => ({
    mediaType: TYPE,
    bytes: await readPart(source, layer, {
      ...options,
      kind: "signature",
      limit: MAX_SIGNATURE_BYTES,
    }),
    ...(layer.annotations && { annotations: layer.annotations }),
  }));
  return { parts, cut: layers.length > parts.length };
}
