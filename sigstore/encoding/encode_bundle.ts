/**
 * The bundle that stores a signature: Sigstore bundle v0.3 with a DSSE envelope, the one form that every
 * verifier accepts (protobuf-specs, `sigstore_bundle.proto`, as JSON).
 *
 * @module
 */

import { toBase64 } from "@blobber/core/internal/bytes";
import type { Envelope } from "./dsse.ts";

/** Media type of the bundle; the artifact type of the referrer. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** What shows whose the signing key is. */
export type KeyMaterial =
  | { certificate: Uint8Array }
  /** The hint is what a verifier with several keys may choose by; it proves nothing. */
  | { publicKeyHint: string };

/** An entry of a transparency log, as the bundle holds it (`sigstore_rekor.proto`). */
export interface LogEntry {
  /** Index in the whole log. */
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  /** Seconds since 1970; only a log that signs it (Rekor v1) says it. */
  integratedTime?: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof: InclusionProof;
  /** Base64 of the entry that was added. */
  canonicalizedBody: string;
}

/** Why an entry is in the tree that a checkpoint names. */
export interface InclusionProof {
  /** Index in the tree that the proof is of, which may be one shard. */
  logIndex: string;
  rootHash: string;
  treeSize: string;
  hashes: string[];
  checkpoint: { envelope: string };
}

/** The parts of a bundle. */
export interface BundleParts {
  key: KeyMaterial;
  envelope: Envelope;
  entries: LogEntry[];
  /** RFC 3161 tokens, DER. */
  timestamps: Uint8Array[];
}

/**
 * Puts a bundle together. The same parts give the same bytes.
 *
 * @param parts what goes in
 */
export function encodeBundle(parts: BundleParts): Uint8Array<ArrayBuffer> {
  const { key, envelope, entries, timestamps } = parts;
  const bundle = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: {
      ...("certificate" in key
        ? { certificate: { rawBytes: toBase64(key.certificate) } }
        : { publicKey: { hint: key.publicKeyHint } }),
      tlogEntries: entries,
      ...(timestamps.length > 0 && {
        timestampVerificationData: {
          rfc3161Timestamps: timestamps.map((token) => ({ signedTimestamp: toBase64(token) })),
        },
      }),
    },
    dsseEnvelope: envelope,
  };
  return new TextEncoder().encode(JSON.stringify(bundle));
}
