/**
 * Which referrers may hold a signature, and what is in them: the store's claims checked one by one.
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import { BlobberError } from "./errors.ts";
import { MAX_REFERRER_BYTES, MAX_REFERRERS_LISTED, MAX_SIGNATURE_BYTES } from "./limits.ts";
import { isDocumentType, isIndex, mayBeOfType, parseDocument } from "./manifest.ts";
import { quote } from "./printable.ts";
import type { Signature } from "./signing.ts";
import type { CallOptions, Source } from "./store.ts";
import type { Descriptor } from "./types.ts";
import { readVerified } from "./verified.ts";

/** A list of referrers, likely signatures first. */
export interface Candidates {
  list: Descriptor[];
  /** Whether there were more than are listed. */
  cut: boolean;
}

/**
 * Lists what may be signatures of a subject. Those that claim an accepted type come first, then those
 * whose claim cannot be believed, then the others: a type is a claim until the manifest was read.
 *
 * @param via the API or the fallback tag
 * @param accepts which types are signatures
 * @param seen digests to leave out; those listed are added
 */
export async function listCandidates(
  source: Source,
  subject: Descriptor,
  via: "api" | "tag",
  accepts: (mediaType: string) => boolean,
  seen: Set<Digest>,
  options: CallOptions,
): Promise<Candidates> {
  const ranked: Descriptor[][] = [[], [], []];
  let cut = false;
  for await (
    const { mediaType, digest, size, artifactType } of source.referrers(subject, {
      ...options,
      via,
    })
  ) {
    if (seen.has(digest)) continue;
    if (seen.size >= MAX_REFERRERS_LISTED) {
      cut = true;
      break;
    }
    seen.add(digest);
    const claimed = artifactType !== undefined && accepts(artifactType);
    ranked[
      claimed
        ? 0
        : mayBeOfType({ mediaType, digest, size, ...(artifactType && { artifactType }) }, "")
        ? 1
        : 2
    ]!
      .push({ mediaType, digest, size });
  }
  return { list: ranked.flat(), cut };
}

/** Bytes that may still be read. */
export interface Budget {
  bytes: number;
}

/**
 * Reads one candidate. Nothing of what the list said about it is believed.
 *
 * @param subject what it must refer to
 * @param accepts which types are signatures
 * @param budget what may still be read; what is read is taken from it
 * @returns the signature, or `undefined` when it is none: of another type, or for another subject
 * @throws {BlobberError} `integrity`, `invalid-manifest`, `limit`, `signature-invalid`, or the store's
 */
export async function readCandidate(
  source: Source,
  candidate: Descriptor,
  subject: Descriptor,
  accepts: (mediaType: string) => boolean,
  budget: Budget,
  options: CallOptions,
): Promise<Signature | undefined> {
  if (!isDocumentType(candidate.mediaType)) return undefined;
  const read = async (what: Descriptor, limit: number, kind: string) => {
    const name = `${kind} ${what.digest} of ${source.name}`;
    const most = Math.min(limit, budget.bytes);
    if (what.size > most) {
      throw new BlobberError("limit", `${name} has ${what.size} bytes, expected at most ${most}`);
    }
    budget.bytes -= what.size;
    return await readVerified(
      await source.fetch(what, options),
      { size: what.size, digest: what.digest, name },
      most,
    );
  };
  const document = parseDocument(
    candidate,
    await read(candidate, MAX_REFERRER_BYTES, "referrer"),
  );
  const { value } = document;
  if (value.subject?.digest !== subject.digest) return undefined;
  if (isIndex(document) || !("layers" in value)) return undefined;
  const type = value.artifactType || value.config.mediaType;
  if (!accepts(type)) return undefined;
  const [layer] = value.layers;
  if (layer === undefined || value.layers.length !== 1 || layer.mediaType !== type) {
    throw new BlobberError(
      "signature-invalid",
      `signature ${candidate.digest} is no referrer with one layer of the type ${quote(type)}`,
    );
  }
  const bytes = await read(layer, MAX_SIGNATURE_BYTES, "signature");
  return {
    mediaType: type,
    bytes,
    ...(value.annotations && { annotations: value.annotations }),
  };
}
