/**
 * That a transparency log recorded this signature. The library checks promise, proof, and that the entry
 * is about this signature; here is what it leaves open: that the entry names this key, that the checkpoint
 * is this log's, and that every number that stands twice is the same both times.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { verifyTLogBody } from "@sigstore/verify/dist/tlog/index.js";
import { verifyMerkleInclusion } from "@sigstore/verify/dist/tlog/merkle.js";
import { verifyTLogSET } from "@sigstore/verify/dist/tlog/set.js";
import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import type { InclusionProof, LogEntry } from "../encoding/bundle.ts";
import { readPem } from "../encoding/pem.ts";
import { type Checkpoint, checkSignedBy, readCheckpoint } from "./checkpoint.ts";
import { Fields } from "../encoding/fields.ts";
import { guarded, invalidSignature } from "../encoding/malformed.ts";
import type { SignedContent } from "./signed_content.ts";
import { parseStrictJson } from "../encoding/strict_json.ts";
import type { TrustedLog } from "../trust/trust_root.ts";

/** Logs, of which there is one at least. */
export type TrustedLogs = [TrustedLog, ...TrustedLog[]];

/** What a valid entry shows. */
export interface LogEvidence {
  /** The trust root's logs whose key signed it: the same log may be there once for each span of validity. */
  logs: TrustedLogs;
  index: string;
  /** When the log took it, where the log signed that. */
  time: Date | undefined;
}

type LibraryEntry = Parameters<typeof verifyTLogBody>[0];
type PromisedEntry = Parameters<typeof verifyTLogSET>[0];
type ProvenEntry = Parameters<typeof verifyMerkleInclusion>[0];
type LibraryCheckpoint = Parameters<typeof verifyMerkleInclusion>[1];
type LibraryContent = Parameters<typeof verifyTLogBody>[1];

/**
 * Checks one entry. Time is linear in its length, beside the signatures to check: the promise's and
 * the checkpoint's, with each key that the trust root has for the log.
 *
 * @param entry of the bundle
 * @param logs of the trust root
 * @param signature what was signed, and the DER of the certificate, or of the public key, that signed
 * @throws {BlobberError} `signature-invalid`
 */
export function checkLogEntry(
  entry: LogEntry,
  logs: TrustedLog[],
  { content, signer }: { content: SignedContent; signer: Uint8Array },
): LogEvidence {
  // Logs of Rekor's second version are named by the id that their checkpoints have, which is a whole hash.
  const named = toBase64(entry.keyId);
  const [first, ...others] = logs.filter(({ keyId, checkpointKeyId = keyId }) =>
    toBase64(keyId) === named || toBase64(checkpointKeyId) === named
  );
  if (first === undefined) {
    throw invalidSignature("it is recorded in a log that the trust root does not name");
  }
  const known: TrustedLogs = [first, ...others];
  const checkpoint = checkEntryForm(entry, content, signer);
  return guarded("its log entry does not hold", invalidSignature, () => {
    const promised = entry.promise === undefined
      ? known
      : passing(known, (log) => checkPromise(entry, log));
    const signed = checkpoint === undefined
      ? promised
      : passing(promised, (log) => checkSignedBy(checkpoint, log));
    return { logs: signed, index: entry.logIndex, time: timeOf(entry) };
  });
}

/** Logs that pass a check; where none does, what the check says of the first is thrown. */
function passing(logs: TrustedLogs, check: (log: TrustedLog) => void): TrustedLogs {
  const errors: unknown[] = [];
  const [first, ...others] = logs.filter((log) => {
    try {
      check(log);
      return true;
    } catch (error) {
      errors.push(error);
      return false;
    }
  });
  if (first === undefined) throw errors[0];
  return [first, ...others];
}

/** The log's promise that it would add the entry, which signs its time too. */
function checkPromise(entry: LogEntry, log: TrustedLog): void {
  const named = libraryLog({ ...log, keyId: entry.keyId });
  verifyTLogSET(libraryEntry(entry) as PromisedEntry, [named]);
}

/**
 * Checks of an entry what no key is needed for: that it is about this signature by this signer, and that
 * its proof leads to its checkpoint. Whose checkpoint that is remains open.
 *
 * @param entry of the bundle
 * @param content what was signed
 * @param signer DER of the certificate, or of the public key, that signed
 * @returns the checkpoint; none where a promise stands for the proof
 * @throws {BlobberError} `signature-invalid`
 */
export function checkEntryForm(
  entry: LogEntry,
  content: SignedContent,
  signer: Uint8Array,
): Checkpoint | undefined {
  return guarded("its log entry does not hold", invalidSignature, () => {
    checkBody(entry, content, signer);
    checkTime(entry);
    const { proof } = entry;
    if (proof === undefined) return undefined;
    const checkpoint = readCheckpoint(proof.checkpoint);
    checkNumbers(entry, proof, checkpoint);
    verifyMerkleInclusion(libraryEntry(entry) as ProvenEntry, libraryCheckpoint(checkpoint));
    return checkpoint;
  });
}

/** The time that a log signed for an entry, or none: without the promise the number is not signed. */
export function timeOf(entry: LogEntry): Date | undefined {
  if (entry.promise === undefined) return undefined;
  return new Date(Number(entry.integratedTime) * 1000);
}

/** CVE-2022-36056, GHSA-whqx-f9j3-ch6m: the entry has to be about this signature by this key. */
function checkBody(entry: LogEntry, content: SignedContent, signer: Uint8Array): void {
  const body = new Fields(
    parseStrictJson(entry.body, "the log entry", invalidSignature),
    "entry",
    invalidSignature,
  );
  if (body.string("kind") !== entry.kind || body.string("apiVersion") !== entry.version) {
    throw invalidSignature("the log entry is of another kind than the bundle says");
  }
  verifyTLogBody(libraryEntry(entry), libraryContent(content));
  if (
    toBase64(signerIn(body.object("spec"), `${entry.kind} ${entry.version}`)) !== toBase64(signer)
  ) {
    throw invalidSignature("the log entry names another key or certificate than the bundle");
  }
}

/** The key or certificate that an entry's body names, as DER. */
function signerIn(spec: Fields, kind: string): Uint8Array {
  const only = (fields: Fields, name: string): Fields => {
    const [first, ...more] = fields.objects(name, 1);
    if (first === undefined || more.length > 0) throw invalidSignature("it has several signatures");
    return first;
  };
  switch (kind) {
    case "hashedrekord 0.0.1": {
      const hash = spec.object("data").object("hash");
      if (hash.string("algorithm") !== "sha256") throw invalidSignature("its hash is not SHA-256");
      return fromPem(spec.object("signature").object("publicKey").string("content"));
    }
    case "dsse 0.0.1":
      return fromPem(only(spec, "signatures").string("verifier"));
    case "intoto 0.0.2":
      return fromPem(
        only(spec.object("content").object("envelope"), "signatures").string("publicKey"),
      );
    case "hashedrekord 0.0.2": {
      const record = spec.object("hashedRekordV002");
      if (record.object("data").string("algorithm") !== "SHA2_256") {
        throw invalidSignature("its hash is not SHA-256");
      }
      return verifierOf(record.object("signature"));
    }
    case "dsse 0.0.2":
      return verifierOf(only(spec.object("dsseV002"), "signatures"));
    default:
      throw invalidSignature("it is of a kind that is not known");
  }
}

function verifierOf(signature: Fields): Uint8Array {
  const verifier = signature.object("verifier");
  const form = verifier.optional("x509Certificate") ?? verifier.object("publicKey");
  return form.bytes("rawBytes");
}

function fromPem(base64: string): Uint8Array {
  const text = new TextDecoder().decode(fromBase64(base64));
  const [block, ...more] = readPem(text);
  if (block === undefined || more.length > 0) throw invalidSignature("it names no key, or several");
  return block.der;
}

/** sigstore-python#1651: what is stated twice is stated alike. */
function checkNumbers(
  entry: LogEntry,
  proof: InclusionProof,
  { size, rootHash }: Checkpoint,
): void {
  // An index that no promise signs is believed only where a proof shows the same one.
  if (entry.promise === undefined && proof.logIndex !== entry.logIndex) {
    throw invalidSignature("its index is not the proof's");
  }
  if (size !== proof.treeSize || toBase64(rootHash) !== toBase64(proof.rootHash)) {
    throw invalidSignature("its proof and its checkpoint are of different trees");
  }
}

/** A time is one that the promise signs. */
function checkTime({ promise, proof, integratedTime }: LogEntry): void {
  if (promise === undefined) {
    if (proof === undefined) throw invalidSignature("its log entry has no promise and no proof");
    if (integratedTime !== "0") throw invalidSignature("its time is not signed");
  } else if (integratedTime === "0") throw invalidSignature("its promise has no time");
}

function libraryEntry(entry: LogEntry): LibraryEntry {
  const { proof, promise } = entry;
  return {
    logIndex: entry.logIndex,
    logId: { keyId: Buffer.from(entry.keyId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: entry.integratedTime,
    inclusionPromise: promise && { signedEntryTimestamp: Buffer.from(promise) },
    inclusionProof: proof && {
      logIndex: proof.logIndex,
      rootHash: Buffer.from(proof.rootHash),
      treeSize: proof.treeSize,
      hashes: proof.hashes.map((hash) => Buffer.from(hash)),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: Buffer.from(entry.body),
  } as LibraryEntry;
}

function libraryCheckpoint({ origin, size, rootHash }: Checkpoint): LibraryCheckpoint {
  return { origin, logSize: BigInt(size), logHash: Buffer.from(rootHash), rest: [] };
}

/** A log as the library knows it. */
export function libraryLog(log: TrustedLog): {
  baseURL: string;
  logID: Buffer;
  publicKey: TrustedLog["key"];
  validFor: TrustedLog["validFor"];
} {
  return {
    baseURL: log.baseUrl,
    logID: Buffer.from(log.keyId),
    publicKey: log.key,
    validFor: log.validFor,
  };
}

function libraryContent(content: SignedContent): LibraryContent {
  const same = (mine: Uint8Array) => (theirs: Buffer) => Buffer.from(mine).equals(theirs);
  return {
    compareSignature: same(content.signature),
    compareDigest: same(content.payloadDigest),
    compareSignedDigest: same(content.bytesDigest),
    verifySignature: () => false,
    signature: Buffer.from(content.signature),
  } as LibraryContent;
}
