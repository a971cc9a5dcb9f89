/**
 * Adds an entry to a log of Rekor's second version (`POST /api/v2/log/entries`, kind `hashedrekord` 0.0.2).
 * For an envelope, what is logged is the digest of its pre-authentication encoding; an entry of kind `dsse`
 * would not be understood by cosign. Such a log says no time: a timestamp has to.
 *
 * @module
 */

import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import type { LogEntry } from "../encoding/encode_bundle.ts";
import {
  askService,
  jsonOf,
  type ServiceContext,
  serviceFailed,
  type ServiceRequest,
} from "../service.ts";
import { isObject } from "@blobber/core/internal/json";
import { sha256 } from "../encoding/sha256.ts";
import type { KeyDetails } from "../keys/signing_key.ts";

/** What is to be logged. */
export interface LoggableDigest {
  /** The bytes that the signature is over. */
  signed: Uint8Array;
  signature: Uint8Array;
  details: KeyDetails;
  /** What verifies the signature, DER. */
  verifier: { certificate: Uint8Array } | { publicKey: Uint8Array };
}

/** Keys that this kind of entry can be made with: it holds a SHA-256 digest, which Ed25519 is not over. */
const DETAILS: readonly KeyDetails[] = [
  "PKIX_ECDSA_P256_SHA_256",
  "PKIX_RSA_PKCS1V15_2048_SHA256",
  "PKIX_RSA_PKCS1V15_3072_SHA256",
  "PKIX_RSA_PKCS1V15_4096_SHA256",
];

/** Whether a key's signatures can be added to a log of this version. */
export function fitsRekorV2(details: KeyDetails | undefined): details is KeyDetails {
  return details !== undefined && DETAILS.includes(details);
}

/**
 * Adds a signature.
 *
 * @param context how to ask
 * @param rekorUrl base URL of the log
 * @param what the signature, what it is over, and what verifies it
 * @returns the entry; nothing when the log has it already: such a log gives out proofs once, with the answer
 * @throws {BlobberError} `signing-service`
 */
export async function addToRekorV2(
  context: ServiceContext,
  rekorUrl: string,
  what: LoggableDigest,
): Promise<LogEntry | undefined> {
  const raw = "certificate" in what.verifier ? what.verifier.certificate : what.verifier.publicKey;
  const kind = "certificate" in what.verifier ? "x509Certificate" : "publicKey";
  const digest = toBase64(sha256(what.signed));
  const content = toBase64(what.signature);
  const verifier = { [kind]: { rawBytes: toBase64(raw) }, keyDetails: what.details };
  const request: ServiceRequest = {
    service: "Rekor",
    url: `${rekorUrl}/api/v2/log/entries`,
    headers: { "content-type": "application/json", "accept": "application/json" },
    body: JSON.stringify({
      hashedRekordRequestV002: { digest, signature: { content, verifier } },
    }),
    accept: [409],
  };
  const answer = await askService(context, request);
  if (answer.status === 409) return undefined;
  const entry = jsonOf(request, answer);
  const body = entry.canonicalizedBody;
  const data = typeof body === "string" ? dataOf(body) : undefined;
  // CVE-2022-36056: the entry must be for this digest, signature and verifier.
  const signature = data?.signature;
  const logged = isObject(signature) ? signature.verifier : undefined;
  const holder = isObject(logged) ? logged[kind] : undefined;
  if (
    !isObject(data?.data) || data.data.digest !== digest || !isObject(signature) ||
    signature.content !== content || !isObject(holder) || holder.rawBytes !== toBase64(raw)
  ) throw serviceFailed(request, "answered with an entry for something else than was sent");

  const { logIndex, logId, kindVersion, inclusionProof: proof } = entry;
  const hashes = isObject(proof) ? proof.hashes ?? [] : undefined;
  if (
    !isIndex(logIndex) || !isObject(logId) || typeof logId.keyId !== "string" ||
    !isObject(kindVersion) || kindVersion.kind !== "hashedrekord" ||
    typeof kindVersion.version !== "string" || !isObject(proof) || !isObject(proof.checkpoint) ||
    typeof proof.checkpoint.envelope !== "string" || typeof proof.rootHash !== "string" ||
    !isIndex(proof.treeSize) || !Array.isArray(hashes) ||
    !hashes.every((hash) => typeof hash === "string")
  ) throw serviceFailed(request, "answered with an incomplete entry");
  return {
    logIndex,
    logId: { keyId: logId.keyId },
    kindVersion: { kind: kindVersion.kind, version: kindVersion.version },
    inclusionProof: {
      // Protobuf's JSON leaves out what is zero.
      logIndex: isIndex(proof.logIndex) ? proof.logIndex : "0",
      rootHash: proof.rootHash,
      treeSize: proof.treeSize,
      hashes,
      checkpoint: { envelope: proof.checkpoint.envelope },
    },
    canonicalizedBody: body as string,
  };
}

function dataOf(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64(body)));
    const spec = isObject(value) && value.kind === "hashedrekord" ? value.spec : undefined;
    const data = isObject(spec) ? spec.hashedRekordV002 : undefined;
    return isObject(data) ? data : undefined;
  } catch { // said by the caller
    return undefined;
  }
}

function isIndex(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,19}$/.test(value);
}
