/**
 * Who a signature claims to be by, for users who have not named a signer yet. Nothing of it is verified: any user
 * who may push can write anything there.
 *
 * @module
 */

import { fromBase64 } from "@blobber/core/internal/bytes";
import type { Signature } from "@blobber/core";
import { isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { Bundle, Content, Material } from "../encoding/bundle.ts";
import { readCertificate } from "./certificate.ts";
import { Fields } from "../encoding/fields.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import { fingerprintOf } from "../keys/public_key.ts";
import { readSignature } from "../encoding/simple_signing.ts";
import { PAYLOAD_TYPE, TAG_ANNOTATION } from "../encoding/statement.ts";
import { parseStrictJson } from "../encoding/strict_json.ts";

/** What a signature says about itself; not verified. */
export interface ClaimedSigner {
  /** How it says that it was made. */
  signer:
    | { kind: "certificate"; issuer: string; subject: string }
    | { kind: "key"; fingerprint: string | undefined; hint: string };
  /** The name under which it says that the artifact was signed. */
  name: { repository: string; tag: string | undefined } | undefined;
}

/** Bytes of a SHA-256. */
const DIGEST_BYTES = 32;

/**
 * Reads what a signature says about itself.
 *
 * @example
 * ```ts
 * import { readClaimedSigner } from "@blobber/sigstore/verify";
 * import { isBlobberError } from "@blobber/core";
 *
 * const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
 * let error: unknown;
 * try {
 *   readClaimedSigner({ mediaType, bytes: new TextEncoder().encode("{}") });
 * } catch (thrown) {
 *   error = thrown;
 * }
 * if (!isBlobberError(error, "signature-invalid")) throw error ?? new Error("expected a refusal");
 * ```
 *
 * @param signature as it is stored
 * @throws {BlobberError} `signature-invalid`
 */
export function readClaimedSigner(signature: Signature): ClaimedSigner {
  return claimedSigner(readSignature(signature));
}

/**
 * Reads what a bundle says about itself.
 *
 * @param bundle of the right form
 * @throws {BlobberError} `signature-invalid`
 */
export function claimedSigner({ material, content }: Bundle): ClaimedSigner {
  return { signer: signerIn(material), name: nameIn(content) };
}

function signerIn(material: Material): ClaimedSigner["signer"] {
  if (material.kind === "certificate") {
    const { issuer, subject } = readCertificate(material.leaf);
    return { kind: "certificate", issuer, subject };
  }
  const { hint } = material;
  // Base64 of the SHA-256 of the public key, as cosign and this program write it; others may write anything.
  const digest = fromBase64(hint);
  const fingerprint = digest?.length === DIGEST_BYTES ? fingerprintOf(digest) : undefined;
  return { kind: "key", fingerprint, hint };
}

function nameIn(content: Content): ClaimedSigner["name"] {
  if (content.kind !== "dsse" || content.payloadType !== PAYLOAD_TYPE) return undefined;
  try {
    const statement = new Fields(
      parseStrictJson(content.payload, "the statement", invalidSignature),
      "statement",
      invalidSignature,
    );
    const [subject] = statement.objects("subject", 1);
    if (subject === undefined || !subject.has("name")) return undefined;
    const annotations = subject.optional("annotations");
    return {
      repository: subject.string("name"),
      tag: annotations?.has(TAG_ANNOTATION) ? annotations.string(TAG_ANNOTATION) : undefined,
    };
  } catch (error) {
    // A statement of another form names nothing; verification says what is wrong with it.
    if (isBlobberError(error)) return undefined;
    throw error;
  }
}

/**
 * What a signature says about itself, in words that follow "it says that it is by".
 *
 * @example
 * ```ts
 * import { claimText } from "@blobber/sigstore/verify";
 *
 * const issuer = "https://accounts.example";
 * const signer = { kind: "certificate", issuer, subject: "me@acme.example" } as const;
 * const text = claimText({ signer, name: undefined }); // "it says that it is by " + text
 * if (!text.includes("me@acme.example")) throw new Error(text);
 * ```
 *
 * @param claimed not verified
 */
export function claimText({ signer, name }: ClaimedSigner): string {
  const who = signer.kind === "certificate"
    ? `${quote(signer.subject)} (issuer ${quote(signer.issuer)})`
    : signer.hint === ""
    ? "an unnamed key"
    : `the key ${signer.fingerprint ?? quote(signer.hint)}`;
  if (name === undefined) return who;
  const { repository, tag } = name;
  return `${who}, as ${quote(tag === undefined ? repository : `${repository}:${tag}`)}`;
}
