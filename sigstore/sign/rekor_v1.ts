/**
 * Adds an entry to a log of Rekor's first version (`POST /api/v1/log/entries`, kind `dsse` 0.0.1).
 *
 * @module
 */

import type { BlobberError } from "@blobber/core";
import { fromBase64, fromHex, toBase64 } from "@blobber/core/internal/bytes";
import type { InclusionProof, LogEntry } from "../encoding/encode_bundle.ts";
import type { Envelope } from "../encoding/dsse.ts";
import {
  askService,
  jsonOf,
  type ServiceAnswer,
  type ServiceContext,
  serviceFailed,
  type ServiceRequest,
} from "../service.ts";
import { isObject } from "@blobber/core/internal/json";
import { digestOf } from "../encoding/sha256.ts";

/** What is to be logged. */
export interface Loggable {
  envelope: Envelope;
  /** The payload that the envelope holds in base64. */
  payload: Uint8Array;
  /** What verifies the signature, as PEM: the certificate or the public key. */
  verifierPem: string;
}

/**
 * Adds an envelope. Adding one that is there already gives the entry that is there.
 *
 * @param context how to ask
 * @param rekorUrl base URL of the log
 * @param what the envelope and its verifier
 * @returns the entry, or `undefined` when there is no log of this version at that address
 * @throws {BlobberError} `signing-service`
 */
export async function addToRekorV1(
  context: ServiceContext,
  rekorUrl: string,
  what: Loggable,
): Promise<LogEntry | undefined> {
  const proposal: ServiceRequest = {
    service: "Rekor",
    url: `${rekorUrl}/api/v1/log/entries`,
    headers: { "content-type": "application/json", "accept": "application/json" },
    body: JSON.stringify({
      apiVersion: "0.0.1",
      kind: "dsse",
      spec: {
        proposedContent: {
          envelope: JSON.stringify(what.envelope),
          verifiers: [toBase64(new TextEncoder().encode(what.verifierPem))],
        },
      },
    }),
    accept: [404, 409],
  };
  const answer = await askService(context, proposal);
  if (answer.status === 404) return undefined;
  if (answer.status !== 409) return readAddedEntry(proposal, answer, what);
  const existing: ServiceRequest = {
    service: "Rekor",
    url: placeOf(proposal, answer, rekorUrl),
    headers: { "accept": "application/json" },
  };
  return readAddedEntry(existing, await askService(context, existing), what);
}

/** Where the entry is that was there already; only ever on the same log. */
function placeOf(request: ServiceRequest, answer: ServiceAnswer, rekorUrl: string): string {
  const uuid = /\/api\/v1\/log\/entries\/([0-9a-f]{64,80})$/.exec(
    answer.headers.get("location") ?? "",
  );
  if (uuid === null) throw serviceFailed(request, "knows the entry and does not say where it is");
  return `${rekorUrl}/api/v1/log/entries/${uuid[1]}`;
}

function readAddedEntry(request: ServiceRequest, answer: ServiceAnswer, what: Loggable): LogEntry {
  const entry = Object.values(jsonOf(request, answer))[0];
  const incomplete = serviceFailed(request, "answered with an incomplete entry");
  if (!isObject(entry) || !isObject(entry.verification)) throw incomplete;
  const { body, integratedTime, logID, logIndex } = entry;
  const { signedEntryTimestamp, inclusionProof: proof } = entry.verification;
  const keyId = typeof logID === "string" ? fromHex(logID) : undefined;
  if (
    typeof body !== "string" || !isIndex(integratedTime) || !isIndex(logIndex) ||
    keyId === undefined || typeof signedEntryTimestamp !== "string" || !isObject(proof)
  ) throw incomplete;
  checkBody(request, body, what);
  return {
    logIndex: String(logIndex),
    logId: { keyId: toBase64(keyId) },
    kindVersion: { kind: "dsse", version: "0.0.1" },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: readProof(proof, incomplete),
    canonicalizedBody: body,
  };
}

/** CVE-2022-36056: the entry must be for this payload, signature and verifier. */
function checkBody(request: ServiceRequest, body: string, what: Loggable): void {
  const digest = digestOf(what.payload);
  const verifier = toBase64(new TextEncoder().encode(what.verifierPem));
  let spec: unknown;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64(body)));
    if (isObject(value) && value.kind === "dsse" && value.apiVersion === "0.0.1") spec = value.spec;
  } catch { // said below
  }
  if (isObject(spec) && isObject(spec.payloadHash) && Array.isArray(spec.signatures)) {
    const { algorithm, value } = spec.payloadHash;
    const [signature, ...others] = spec.signatures as unknown[];
    if (
      `${algorithm}:${value}` === digest && others.length === 0 && isObject(signature) &&
      signature.signature === what.envelope.signatures[0]!.sig && signature.verifier === verifier
    ) return;
  }
  throw serviceFailed(request, "answered with an entry for something else than was sent");
}

function readProof(proof: Record<string, unknown>, incomplete: BlobberError): InclusionProof {
  const { checkpoint, hashes, logIndex, rootHash, treeSize } = proof;
  const root = typeof rootHash === "string" ? fromHex(rootHash) : undefined;
  if (
    typeof checkpoint !== "string" || !Array.isArray(hashes) || !isIndex(logIndex) ||
    !isIndex(treeSize) || root === undefined
  ) throw incomplete;
  return {
    logIndex: String(logIndex),
    rootHash: toBase64(root),
    treeSize: String(treeSize),
    hashes: hashes.map((hash: unknown) => {
      const bytes = typeof hash === "string" ? fromHex(hash) : undefined;
      if (bytes === undefined) throw incomplete;
      return toBase64(bytes);
    }),
    checkpoint: { envelope: checkpoint },
  };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
