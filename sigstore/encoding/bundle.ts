/**
 * Reads a Sigstore bundle (sigstore_bundle.proto, v0.1 to v0.3) and refuses everything that is not one,
 * before any cryptography. Unknown fields, two forms of content or a version that does not fit
 * its content are refused, so that the version cannot be used to lower what is demanded.
 *
 * @module
 */

import type { Signature } from "@blobber/core";
import {
  MAX_CERTIFICATES,
  MAX_DER_BYTES,
  MAX_LOG_ENTRIES,
  MAX_PROOF_HASHES,
  MAX_RSA_BITS,
  MAX_SIGNATURE_BYTES,
  MAX_TIMESTAMPS,
} from "@blobber/core/limits";
import { counted, quote } from "@blobber/core/internal/printable";
import { Fields } from "./fields.ts";
import { invalidSignature } from "./malformed.ts";
import { parseStrictJson } from "./strict_json.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where the leaf of an entry stands in its log. */
export interface InclusionProof {
  logIndex: string;
  rootHash: Bytes;
  treeSize: string;
  hashes: Bytes[];
  /** The log's signed note. */
  checkpoint: string;
}

/** One entry of a transparency log (sigstore_rekor.proto, TransparencyLogEntry). */
export interface LogEntry {
  logIndex: string;
  keyId: Bytes;
  kind: string;
  version: string;
  /** Seconds since 1970, or "0". A time only when `promise` signs it. */
  integratedTime: string;
  /** The signed entry timestamp of Rekor v1. */
  promise: Bytes | undefined;
  /** Missing only in signatures that are older than bundles; those have a promise. */
  proof: InclusionProof | undefined;
  /** The canonical body that the log holds. */
  body: Bytes;
}

/** Who signed, as the bundle says it. */
export type Material =
  | { kind: "certificate"; leaf: Bytes; others: Bytes[] }
  /** The hint says which key it may be, or nothing. */
  | { kind: "key"; hint: string };

/** What was signed. */
export type Content =
  | { kind: "dsse"; payloadType: string; payload: Bytes; signature: Bytes }
  | { kind: "message"; digest: Bytes; signature: Bytes }
  /** cosign's payload of "simple signing", as it was made before bundles. */
  | { kind: "simple"; payload: Bytes; signature: Bytes };

/** A bundle that has the right form; nothing in it is verified. */
export interface Bundle {
  version: "0.1" | "0.2" | "0.3";
  material: Material;
  entries: LogEntry[];
  /** RFC 3161 responses. */
  timestamps: Bytes[];
  content: Content;
}

/** Bytes of a hash that a bundle names: all are SHA-256. */
const HASH_BYTES = 32;
/** Bytes of a signature: the longest, RSA's, is as long as the modulus. */
export const SIGNATURE_BYTES = MAX_RSA_BITS / 8;

const VERSIONS: ReadonlyMap<string, Bundle["version"]> = new Map([
  ["application/vnd.dev.sigstore.bundle+json;version=0.1", "0.1"],
  ["application/vnd.dev.sigstore.bundle+json;version=0.2", "0.2"],
  ["application/vnd.dev.sigstore.bundle+json;version=0.3", "0.3"],
  ["application/vnd.dev.sigstore.bundle.v0.1+json", "0.1"],
  ["application/vnd.dev.sigstore.bundle.v0.2+json", "0.2"],
  ["application/vnd.dev.sigstore.bundle.v0.3+json", "0.3"],
]);

/**
 * Whether a media type is that of a bundle.
 *
 * @example
 * ```ts
 * import { isBundleType } from "@blobber/sigstore/verify";
 *
 * if (!isBundleType("application/vnd.dev.sigstore.bundle.v0.3+json")) throw new Error("expected one");
 * if (isBundleType("application/json")) throw new Error("expected none");
 * ```
 */
export function isBundleType(mediaType: string): boolean {
  return VERSIONS.has(mediaType);
}

/**
 * Reads a bundle. Time and memory are linear in its length, which is limited, as are the parts of each kind
 * and the length of each part that is worked on before a signature has been checked.
 *
 * @param signature as it is stored; its media type must be the version that the bundle says it has
 * @throws {BlobberError} `signature-invalid`
 */
export function readBundle(signature: Signature): Bundle {
  const { bytes, mediaType } = signature;
  if (bytes.length > MAX_SIGNATURE_BYTES) {
    throw invalidSignature(
      `the bundle has ${counted(bytes.length, "byte")}, expected at most ${MAX_SIGNATURE_BYTES}`,
    );
  }
  const root = new Fields(
    parseStrictJson(bytes, "the bundle", invalidSignature),
    "bundle",
    invalidSignature,
  ).only("mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope");
  const version = VERSIONS.get(root.string("mediaType"));
  if (version === undefined) {
    throw invalidSignature(
      `the bundle's media type is ${
        quote(root.string("mediaType"))
      }, expected a bundle v0.1 to v0.3`,
    );
  }
  if (VERSIONS.get(mediaType) !== version) {
    throw invalidSignature(
      `the bundle is of version ${version}, but is stored as ${quote(mediaType)}`,
    );
  }
  const material = root.object("verificationMaterial").only(
    "publicKey",
    "x509CertificateChain",
    "certificate",
    "tlogEntries",
    "timestampVerificationData",
  );
  const timestamps = material.optional("timestampVerificationData")?.only("rfc3161Timestamps")
    .objects("rfc3161Timestamps", MAX_TIMESTAMPS) ?? [];
  return {
    version,
    material: readMaterial(material, version),
    entries: material.objects("tlogEntries", MAX_LOG_ENTRIES).map((e) => readLogEntry(e, version)),
    timestamps: timestamps.map((t) =>
      t.only("signedTimestamp").bytes("signedTimestamp", MAX_DER_BYTES)
    ),
    content: readContent(root),
  };
}

function readMaterial(fields: Fields, version: Bundle["version"]): Material {
  const forms = ["publicKey", "x509CertificateChain", "certificate"].filter((n) => fields.has(n));
  if (forms.length !== 1) {
    throw invalidSignature(`the bundle names ${forms.length} keys or certificates, expected one`);
  }
  // A chain is how v0.1 and v0.2 carry the certificate, a single one how v0.3 does (sigstore_bundle.proto).
  const wanted = version === "0.3" ? "certificate" : "x509CertificateChain";
  switch (forms[0]) {
    case "publicKey":
      return { kind: "key", hint: fields.object("publicKey").only("hint").stringOr("hint", "") };
    case wanted: {
      if (wanted === "certificate") {
        const leaf = fields.object("certificate").only("rawBytes").bytes(
          "rawBytes",
          MAX_DER_BYTES,
        );
        return { kind: "certificate", leaf, others: [] };
      }
      const [leaf, ...others] = fields.object("x509CertificateChain").only("certificates")
        .objects("certificates", MAX_CERTIFICATES)
        .map((certificate) => certificate.only("rawBytes").bytes("rawBytes", MAX_DER_BYTES));
      if (leaf === undefined) throw invalidSignature("the bundle's certificate chain is empty");
      return { kind: "certificate", leaf, others };
    }
    default:
      throw invalidSignature(`a bundle of version ${version} has no field ${quote(forms[0]!)}`);
  }
}

function readLogEntry(fields: Fields, version: Bundle["version"]): LogEntry {
  fields.only(
    "logIndex",
    "logId",
    "kindVersion",
    "integratedTime",
    "inclusionPromise",
    "inclusionProof",
    "canonicalizedBody",
  );
  const kind = fields.object("kindVersion").only("kind", "version");
  if (!fields.has("inclusionProof")) throw invalidSignature("a log entry without inclusion proof");
  const entry: LogEntry = {
    logIndex: fields.count("logIndex"),
    keyId: fields.object("logId").only("keyId").bytes("keyId", HASH_BYTES),
    kind: kind.string("kind"),
    version: kind.string("version"),
    integratedTime: fields.count("integratedTime"),
    promise: fields.optional("inclusionPromise")?.only("signedEntryTimestamp")
      .bytes("signedEntryTimestamp", SIGNATURE_BYTES),
    proof: readProof(fields.object("inclusionProof")),
    body: fields.bytes("canonicalizedBody"),
  };
  // v0.1 stands on the log's promise, v0.2 and later on the proof (sigstore_bundle.proto). The proof is
  // demanded of every version: logs have always given one, and an older version is no way to leave it out.
  if (version === "0.1" && entry.promise === undefined) {
    throw invalidSignature("a log entry without inclusion promise in a bundle of version 0.1");
  }
  return entry;
}

function readProof(fields: Fields): InclusionProof {
  fields.only("logIndex", "rootHash", "treeSize", "hashes", "checkpoint");
  return {
    logIndex: fields.count("logIndex"),
    rootHash: fields.bytes("rootHash", HASH_BYTES),
    treeSize: fields.count("treeSize"),
    hashes: fields.bytesList("hashes", MAX_PROOF_HASHES),
    checkpoint: fields.object("checkpoint").only("envelope").string("envelope"),
  };
}

function readContent(root: Fields): Content {
  const envelope = root.optional("dsseEnvelope");
  const message = root.optional("messageSignature");
  if ((envelope === undefined) === (message === undefined)) {
    throw invalidSignature("the bundle has no content, or two");
  }
  if (message !== undefined) {
    message.only("messageDigest", "signature");
    const digest = message.object("messageDigest").only("algorithm", "digest");
    if (digest.string("algorithm") !== "SHA2_256") {
      throw invalidSignature(
        `the message digest is of ${quote(digest.string("algorithm"))}, expected "SHA2_256"`,
      );
    }
    return {
      kind: "message",
      digest: digest.bytes("digest", HASH_BYTES),
      signature: message.bytes("signature", SIGNATURE_BYTES),
    };
  }
  envelope!.only("payload", "payloadType", "signatures");
  const [signature, ...more] = envelope!.objects("signatures", MAX_LOG_ENTRIES);
  if (signature === undefined || more.length > 0) {
    throw invalidSignature("the envelope has no signature, or several, expected one");
  }
  // A key id is not covered by the signature (DSSE protocol), so there is none to believe.
  if (signature.only("sig", "keyid").stringOr("keyid", "") !== "") {
    throw invalidSignature("the envelope's signature has a key id, which nothing signs");
  }
  return {
    kind: "dsse",
    payloadType: envelope!.string("payloadType"),
    payload: envelope!.bytes("payload"),
    signature: signature.bytes("sig", SIGNATURE_BYTES),
  };
}
