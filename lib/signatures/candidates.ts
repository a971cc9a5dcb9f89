/**
 * Which referrers may hold a signature, in which order they are looked at, and what is in them: the store's
 * claims checked one by one.
 *
 * A user who may push can list thousands beside a good one, and claim of each any type, date and size. What claims
 * to be something else is left aside, at the cost that it claims. The rest is
 * looked at from several ends in turn, so that no claim alone pushes a good one behind all others.
 *
 * @module
 */

import type { Digest } from "../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../errors.ts";
import {
  MAX_LARGE_VERIFICATION_BYTES,
  MAX_REFERRER_BYTES,
  MAX_REFERRERS_LISTED,
  MAX_SIGNATURE_BYTES,
  MAX_VERIFICATION_BYTES,
  SMALL_SIGNATURE_BYTES,
} from "../limits.ts";
import { isDocumentType, isIndex, mayBeOfType, parseDocument } from "../artifact/manifest.ts";
import { counted, quote } from "../text/printable.ts";
import type { Signature } from "../signing.ts";
import type { CallOptions, Source } from "../store.ts";
import { ANNOTATION, type Descriptor } from "../types.ts";
import { readChecked } from "../checked_content.ts";

/** What to look for. */
export interface Wanted {
  /** What it must refer to. */
  subject: Descriptor;
  /** Which types are signatures. */
  accepts(mediaType: string): boolean;
}

/** What a list of referrers holds. */
export interface Candidates {
  /** What could be a signature, in the order in which to look at it. */
  list: Descriptor[];
  /** What says that it is something else. */
  others: Descriptor[];
  /** Whether there is more than is listed. */
  cut: boolean;
  /** Why the list ends before its end, where that is a failure of the store. */
  failure?: BlobberError | undefined;
}

/** A candidate while it is put in order. */
interface Listed {
  descriptor: Descriptor;
  /** When it says that it was made, in milliseconds since 1970, or `NaN`. */
  created: number;
}

/**
 * Lists what may be signatures of a subject. What was listed before a limit or a failure counts.
 *
 * @param via the API or the fallback tag
 * @param seen digests to leave out; those listed are added
 * @throws {BlobberError} what the store throws before the list begins, and `interrupted`
 */
export async function listCandidates(
  source: Source,
  wanted: Wanted,
  via: "api" | "tag",
  options: CallOptions & { seen: Set<Digest> },
): Promise<Candidates> {
  const { seen, signal } = options;
  const claimed: Listed[] = [];
  const unsaid: Listed[] = [];
  const others: Descriptor[] = [];
  let cut = false;
  let failure: BlobberError | undefined;
  let count = 0;
  try {
    for await (const listed of source.referrers(wanted.subject, { signal, via })) {
      if (++count > MAX_REFERRERS_LISTED) {
        cut = true;
        break;
      }
      const { mediaType, digest, size, artifactType, annotations } = listed;
      if (seen.has(digest)) continue;
      seen.add(digest);
      const descriptor = { mediaType, digest, size };
      const one = { descriptor, created: Date.parse(annotations?.[ANNOTATION.created] ?? "") };
      if (artifactType !== undefined && wanted.accepts(artifactType)) claimed.push(one);
      else if (mayBeOfType(listed, "")) unsaid.push(one);
      else others.push(descriptor);
    }
  } catch (error) {
    checkAborted(signal);
    if (!isBlobberError(error)) throw error;
    if (error.code === "interrupted" || error.code === "terminated") throw error;
    cut = true;
    if (error.code !== "limit") failure = error;
  }
  return { list: inOrder(claimed, unsaid), others, cut, failure };
}

/** As many are read in two rounds at most, so their order does not matter and stays as it is listed. */
const FEW = 16;

/**
 * From the beginning and the end of the list, from the oldest and the newest, and from those that name no
 * type, one of each in turn. A registry lists by age or by digest, the good one is often the first or the
 * last that was pushed, and a crowd that is forged to be the one is not the other.
 */
function inOrder(claimed: Listed[], unsaid: Listed[]): Descriptor[] {
  if (claimed.length + unsaid.length <= FEW) {
    return [...claimed, ...unsaid].map(({ descriptor }) => descriptor);
  }
  const byDate = claimed.filter(({ created }) => !isNaN(created))
    .sort((a, b) => a.created - b.created);
  const lanes = [
    claimed,
    claimed.toReversed(),
    byDate,
    byDate.toReversed(),
    unsaid,
    unsaid.toReversed(),
  ];
  const order = new Set<Descriptor>();
  const longest = Math.max(claimed.length, unsaid.length);
  for (let at = 0; at < longest; at++) {
    for (const lane of lanes) {
      const one = lane[at];
      if (one !== undefined) order.add(one.descriptor);
    }
  }
  return [...order];
}

/** Bytes that may still be read: of small things, and of large ones, which are no loss to the small. */
export class Allowance {
  #small = MAX_VERIFICATION_BYTES;
  #large = MAX_LARGE_VERIFICATION_BYTES;

  /**
   * Takes bytes.
   *
   * @param size bytes
   * @returns whether they were left
   */
  take(size: number): boolean {
    const small = size <= SMALL_SIGNATURE_BYTES;
    if (size > (small ? this.#small : this.#large)) return false;
    if (small) this.#small -= size;
    else this.#large -= size;
    return true;
  }
}

/** A referrer that holds a signature, not yet read. */
export interface SignatureReferrer {
  /** Its artifact type, and the media type of its layer. */
  type: string;
  layer: Descriptor;
  annotations: Signature["annotations"];
}

/**
 * Reads one candidate's manifest. Nothing of what the list said about it is believed.
 *
 * @param candidate as it was listed
 * @param allowance what may still be read; what is read is taken from it
 * @returns where the signature is, or `undefined` when it is none: of another type, or for another subject
 * @throws {BlobberError} `integrity`, `invalid-manifest`, `limit`, `signature-invalid`, or the store's
 */
export async function readReferrer(
  source: Source,
  candidate: Descriptor,
  wanted: Wanted,
  options: CallOptions & { allowance: Allowance },
): Promise<SignatureReferrer | undefined> {
  if (!isDocumentType(candidate.mediaType)) return undefined;
  const bytes = await readPart(source, candidate, {
    ...options,
    kind: "referrer",
    limit: MAX_REFERRER_BYTES,
  });
  const document = parseDocument(candidate, bytes);
  const { value } = document;
  if (value.subject?.digest !== wanted.subject.digest) return undefined;
  if (isIndex(document) || !("layers" in value)) return undefined;
  const type = value.artifactType || value.config.mediaType;
  if (!wanted.accepts(type)) return undefined;
  const [layer] = value.layers;
  if (layer === undefined || value.layers.length !== 1 || layer.mediaType !== type) {
    throw new BlobberError(
      "signature-invalid",
      `signature ${candidate.digest} is not a referrer with one layer of the type ${quote(type)}`,
    );
  }
  return { type, layer, annotations: value.annotations };
}

/**
 * Reads one candidate and the signature in it: as {@linkcode readReferrer}.
 *
 * @returns the signature, or `undefined` when it is none
 */
export async function readCandidate(
  source: Source,
  candidate: Descriptor,
  wanted: Wanted,
  options: CallOptions & { allowance: Allowance },
): Promise<Signature | undefined> {
  const referrer = await readReferrer(source, candidate, wanted, options);
  if (referrer === undefined) return undefined;
  const { type, layer, annotations } = referrer;
  const bytes = await readPart(source, layer, {
    ...options,
    kind: "signature",
    limit: MAX_SIGNATURE_BYTES,
  });
  return { mediaType: type, bytes, ...(annotations && { annotations }) };
}

/**
 * Reads a part of a signature, as far as it is small enough.
 *
 * @param what what to read
 * @param options what it is, for messages, the most bytes, and what may still be read
 * @throws {BlobberError} `limit`, `integrity`, or the store's
 */
export async function readPart(
  source: Source,
  what: Descriptor,
  options: CallOptions & { kind: string; limit: number; allowance: Allowance },
): Promise<Uint8Array<ArrayBuffer>> {
  const { kind, limit, allowance, signal } = options;
  const name = `${kind} ${what.digest} of ${source.name}`;
  if (what.size > limit) {
    throw new BlobberError(
      "limit",
      `${name} has ${counted(what.size, "byte")}, expected at most ${limit}`,
    );
  }
  if (!allowance.take(what.size)) {
    throw new BlobberError("limit", `${name} is not read: enough bytes of others were`);
  }
  return await readChecked(
    await source.fetch(what, { signal }),
    { size: what.size, digest: what.digest, name },
    limit,
  );
}
