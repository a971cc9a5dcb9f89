/**
 * A signature stored as a referrer of what it signs.
 *
 * @module
 */

import { putBlob } from "../artifact/small_blob.ts";
import { Allowance, listCandidates, readReferrer, type Wanted } from "../signatures/candidates.ts";
import { type Digest, digestOf } from "../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../errors.ts";
import { isDocumentType } from "../artifact/manifest.ts";
import { MAX_REFERRER_BYTES, MAX_SAME_REFERRERS, MAX_SIGNATURE_BYTES } from "../limits.ts";
import type { Signature } from "../signing.ts";
import type { CallOptions, Store } from "../store.ts";
import { type Descriptor, type Manifest, MEDIA_TYPE } from "../types.ts";
import { counted, quote } from "../text/printable.ts";

/** The referrer of an attached signature. */
export interface Attached extends Descriptor {
  /** `false` when the same signature was there already. */
  added: boolean;
}

/**
 * Attaches a signature to a manifest, as a referrer that any OCI 1.1 tool sees and copies. The same
 * signature is not attached twice.
 *
 * @param target where the manifest is
 * @param subject the manifest
 * @param signature its signature
 * @returns the referrer
 * @throws {BlobberError} `limit` for a signature that no verification would read, and what the store throws
 */
export async function attachSignature(
  target: Store,
  subject: Descriptor,
  signature: Signature,
  options: CallOptions = {},
): Promise<Attached> {
  const { mediaType, bytes } = signature;
  const layer = { mediaType, digest: digestOf(bytes), size: bytes.length };
  const document = referrerDocument(subject, signature, layer);
  checkReadable(subject, signature, document);
  const known = await findSame(target, subject, layer, options);
  if (known) return { ...known, added: false };
  await putBlob(target, mediaType, bytes, options);
  await putBlob(target, MEDIA_TYPE.empty, EMPTY, options);
  const descriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: digestOf(document),
    size: document.length,
    artifactType: mediaType,
  };
  await target.put(descriptor, document, options);
  return { ...descriptor, added: true };
}

/** The content of the empty descriptor (manifest.md, "Guidance for an Empty Descriptor"). */
const EMPTY = new TextEncoder().encode("{}");

function referrerDocument(
  subject: Descriptor,
  { mediaType, annotations }: Signature,
  layer: Descriptor,
): Uint8Array {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: mediaType,
    config: { mediaType: MEDIA_TYPE.empty, digest: digestOf(EMPTY), size: EMPTY.length },
    layers: [layer],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
  };
  return new TextEncoder().encode(JSON.stringify(manifest));
}

/** Refuses what verification would not read: a signature that is never read proves nothing. */
function checkReadable(
  subject: Descriptor,
  { mediaType, bytes }: Signature,
  document: Uint8Array,
): void {
  if (bytes.length > MAX_SIGNATURE_BYTES) {
    throw new BlobberError(
      "limit",
      `the signature of ${subject.digest} has ${counted(bytes.length, "byte")}, expected at most ` +
        `${MAX_SIGNATURE_BYTES}: it was not stored`,
      { hint: "verification reads no larger one; let fewer services take part in it" },
    );
  }
  if (document.length > MAX_REFERRER_BYTES) {
    throw new BlobberError(
      "limit",
      `the referrer for the signature of ${subject.digest} has ` +
        `${
          counted(document.length, "byte")
        }, expected at most ${MAX_REFERRER_BYTES}: it was not stored`,
      { hint: "verification reads no larger one; let the signer give it fewer annotations" },
    );
  }
  if (isDocumentType(mediaType)) {
    throw new BlobberError(
      "invalid-option",
      `the signature of ${subject.digest} has the media type ${
        quote(mediaType)
      }, which is that of ` +
        "a manifest: it was not stored",
    );
  }
}

/**
 * Looks for a referrer with the same signature. Where its bytes are not in the store there is none, which is
 * the answer to one request; in a crowd of others some are looked at, and one more does no harm.
 */
async function findSame(
  target: Store,
  subject: Descriptor,
  layer: Descriptor,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  if (!await target.has(layer, options)) return undefined;
  const wanted: Wanted = { subject, accepts: (type) => type === layer.mediaType };
  const seen = new Set<Digest>();
  const allowance = new Allowance();
  for (const via of ["api", "tag"] as const) {
    const { list, failure } = await listCandidates(target, wanted, via, { ...options, seen });
    if (failure) throw failure;
    for (const candidate of list.slice(0, MAX_SAME_REFERRERS)) {
      const found = await readReferrer(target, candidate, wanted, { ...options, allowance })
        .catch((error) => {
          checkAborted(options.signal);
          // What cannot be read is not the same signature, and does no harm.
          if (isBlobberError(error)) return undefined;
          throw error;
        });
      if (found?.layer.digest === layer.digest) return candidate;
    }
  }
  return undefined;
}
