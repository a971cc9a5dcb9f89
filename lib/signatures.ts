/**
 * Signatures as referrers: attached to a manifest, and found and judged. What a signature is and whom it
 * names is the business of {@linkcode Signer} and {@linkcode Verifier}; here is the order in which they
 * are asked, and what their answers mean together.
 *
 * @module
 */

import { putBlob } from "./blob.ts";
import { type Budget, listCandidates, readCandidate } from "./candidates.ts";
import { type Digest, digestOf } from "./digest.ts";
import { BlobberError, isBlobberError } from "./errors.ts";
import { MAX_REFERRERS, MAX_VERIFICATION_BYTES, REFERRER_READS } from "./limits.ts";
import type { Rejected } from "./options.ts";
import type { Signable, Signature, Verdict, Verifier } from "./signing.ts";
import type { CallOptions, Source, Store } from "./store.ts";
import { type Descriptor, type Manifest, MEDIA_TYPE } from "./types.ts";

/** The referrer of an attached signature. */
export interface Attached extends Descriptor {
  /** `false` when the same signature was there already. */
  added: boolean;
}

/**
 * Attaches a signature to a manifest, as a referrer that any OCI 1.1 tool sees and copies. The same
 * signature is never attached twice.
 *
 * @param target where the manifest is
 * @param subject the manifest
 * @param signature its signature
 * @returns the referrer
 */
export async function attachSignature(
  target: Store,
  subject: Descriptor,
  signature: Signature,
  options: CallOptions = {},
): Promise<Attached> {
  const { mediaType, bytes, annotations } = signature;
  const known = await findSame(target, subject, signature, options);
  if (known) return { ...known, added: false };
  const layer = await putBlob(target, mediaType, bytes, options);
  // The empty descriptor (manifest.md, "Guidance for an Empty Descriptor").
  const config = await putBlob(target, MEDIA_TYPE.empty, new TextEncoder().encode("{}"), options);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: mediaType,
    config,
    layers: [layer],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
  };
  const document = new TextEncoder().encode(JSON.stringify(manifest));
  const descriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: digestOf(document),
    size: document.length,
    artifactType: mediaType,
  };
  await target.put(descriptor, document, options);
  return { ...descriptor, added: true };
}

async function findSame(
  target: Store,
  subject: Descriptor,
  signature: Signature,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  const accepts = (type: string) => type === signature.mediaType;
  const seen = new Set<Digest>();
  const budget: Budget = { bytes: MAX_VERIFICATION_BYTES };
  for (const via of ["api", "tag"] as const) {
    const { list } = await listCandidates(target, subject, via, accepts, seen, options);
    for (const candidate of list.slice(0, MAX_REFERRERS)) {
      const found = await readCandidate(target, candidate, subject, accepts, budget, options)
        .catch((error) => {
          options.signal?.throwIfAborted();
          // What cannot be read is not the same; it is in nobody's way.
          if (isBlobberError(error)) return undefined;
          throw error;
        });
      if (found && sameBytes(found.bytes, signature.bytes)) return candidate;
    }
  }
  return undefined;
}

/** What a look at the signatures of a manifest gave. */
export interface Judgement {
  /** The first that satisfies. */
  accepted?: { verdict: Verdict; descriptor: Descriptor } | undefined;
  /** Those before it that do not, in the order in which they were read. */
  rejected: Rejected[];
  /** Referrers read. */
  looked: number;
  /** Referrers listed. */
  total: number;
  /** A failure to list or read, which leaves open what else there is. */
  failure?: BlobberError | undefined;
  /** What was looked at, for messages. */
  name: string;
  /** {@linkcode Verifier.title} of who looked. */
  title: string | undefined;
}

/** Signatures found to satisfy. */
export interface Verified {
  verdict: Verdict;
  /** The referrer that holds the signature. */
  descriptor: Descriptor;
  rejected: Rejected[];
  looked: number;
  total: number;
}

/**
 * Looks for a signature that satisfies the verifier: among the referrers that the API lists, then, when
 * none of those does, among those of the fallback tag.
 *
 * @param source where the manifest is
 * @param manifest its checked bytes
 * @param verifier who decides
 * @throws {BlobberError} as {@linkcode refusal} says
 */
export async function verifySignatures(
  source: Source,
  manifest: Signable,
  verifier: Verifier,
  options: CallOptions = {},
): Promise<Verified> {
  const judgement = await judgeSignatures(source, manifest, verifier, options);
  const { accepted, rejected, looked, total } = judgement;
  if (!accepted) throw refusal([judgement]);
  return { ...accepted, rejected, looked, total };
}

/** As {@linkcode verifySignatures}, but says what it found instead of throwing. */
export async function judgeSignatures(
  source: Source,
  manifest: Signable,
  verifier: Verifier,
  options: CallOptions = {},
): Promise<Judgement> {
  const { mediaType, digest, size } = manifest;
  const subject = { mediaType, digest, size };
  const accepts = (type: string) => verifier.accepts(type);
  const seen = new Set<Digest>();
  const budget: Budget = { bytes: MAX_VERIFICATION_BYTES };
  const result: Judgement = {
    rejected: [],
    looked: 0,
    total: 0,
    name: `${source.name}@${digest}`,
    title: verifier.title,
  };
  for (const via of ["api", "tag"] as const) {
    const found = await listCandidates(source, subject, via, accepts, seen, options)
      .catch((error) => {
        result.failure ??= survivable(error, options);
        return { list: [], cut: false };
      });
    result.total += found.list.length + (found.cut ? 1 : 0);
    const list = found.list.slice(0, MAX_REFERRERS - result.looked);
    for (let at = 0; at < list.length; at += REFERRER_READS) {
      const batch = list.slice(at, at + REFERRER_READS);
      const reads = await Promise.allSettled(
        batch.map((one) => readCandidate(source, one, subject, accepts, budget, options)),
      );
      for (const [i, read] of reads.entries()) {
        const descriptor = batch[i]!;
        result.looked++;
        try {
          if (read.status === "rejected") throw read.reason;
          if (read.value === undefined) continue;
          const verdict = await verifier.verify(manifest, read.value);
          result.accepted = { verdict, descriptor };
          return result;
        } catch (thrown) {
          const error = survivable(thrown, options);
          if (isUnread(error)) result.failure ??= error;
          result.rejected.push({ descriptor, error });
        }
      }
    }
  }
  return result;
}

/** What a bad candidate may throw without ending the search; anything else is thrown on. */
function survivable(error: unknown, options: CallOptions): BlobberError {
  options.signal?.throwIfAborted();
  if (!isBlobberError(error)) {
    return new BlobberError("signature-invalid", `a signature could not be read: ${error}`, {
      cause: error,
    });
  }
  if (error.status === 2 || isBlobberError(error, "interrupted", "terminated")) throw error;
  return error;
}

/** Whether an error says that the store failed, so that the candidate remains unknown. */
function isUnread(error: BlobberError): boolean {
  return error.status === 3 || error.status === 11;
}

/**
 * The error for signatures none of which satisfies. Its code is the first that applies of: trust root,
 * valid but not what was asked for, invalid, the store failed, a limit was reached, no signature.
 * Its cause holds every rejection.
 *
 * @param judgements what was looked at: a manifest, or an index and then its manifest
 */
export function refusal(judgements: Judgement[]): BlobberError {
  const error = reason(judgements);
  const title = judgements[0]?.title;
  if (title === undefined) return error;
  const { code, message, cause, hint } = error;
  return new BlobberError(code, `${title}: ${message}`, { cause, ...(hint && { hint }) });
}

function reason(judgements: Judgement[]): BlobberError {
  const rejected = judgements.flatMap((one) => one.rejected);
  const errors = rejected.map((one) => one.error);
  const cause = errors.length === 0 ? undefined : new AggregateError(errors, "signatures refused");
  const name = judgements[0]?.name ?? "";
  const sum = (of: (one: Judgement) => number) => judgements.reduce((n, one) => n + of(one), 0);
  const [looked, total] = [sum((one) => one.looked), sum((one) => one.total)];

  const trustRoot = errors.filter((error) => error.code === "trust-root");
  if (trustRoot.length > 0) return together(trustRoot, trustRoot[0]!.code, cause);
  const others = errors.filter((error) => error.status === 7);
  if (others.length > 0) return together(others, others[0]!.code, cause);
  // A referrer that is listed and not there is none; one that could not be read is unknown.
  const limits = errors.filter((error) => error.code === "limit");
  const invalid = errors.filter((error) =>
    !isUnread(error) && error.code !== "limit" && error.code !== "not-found"
  );
  if (invalid.length > 0) return together(invalid, "signature-invalid", cause);
  const failure = judgements.find((one) => one.failure)?.failure;
  if (failure) {
    return new BlobberError(
      failure.code,
      `the signatures of ${name} could not be read: ${failure.message}`,
      { cause: failure, ...(failure.hint && { hint: failure.hint }) },
    );
  }
  if (looked < total || limits.length > 0) {
    return new BlobberError(
      "limit",
      `no signature of ${name} satisfies: looked at ${looked - limits.length} of ${total} ` +
        `referrers${limits[0] ? `, ${limits[0].message}` : ""}`,
      {
        cause,
        hint: "remove referrers that nobody needs from the repository, or copy the artifact with " +
          "the one signature that is to be verified",
      },
    );
  }
  return new BlobberError("no-signature", `no signature found for ${name}`, {
    hint: total === 0
      ? "sign it with `blobber sign`, or ask whoever published it to"
      : `${total} referrers are there and none is a signature of it that can be read here`,
  });
}

function together(
  errors: BlobberError[],
  code: BlobberError["code"],
  cause: unknown,
): BlobberError {
  const messages = [...new Set(errors.map((error) => error.message))];
  const shown = messages.slice(0, 3).join("; ") +
    (messages.length > 3 ? `; and ${messages.length - 3} more` : "");
  const prefix = "signature verification failed";
  const hint = errors.find((error) => error.hint)?.hint;
  return new BlobberError(code, shown.startsWith(prefix) ? shown : `${prefix}: ${shown}`, {
    cause,
    ...(hint && { hint }),
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
