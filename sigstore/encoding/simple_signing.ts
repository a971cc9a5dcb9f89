/**
 * Signatures as cosign made them before bundles (cosign's signature specification): the payload of "simple
 * signing" is a layer under a tag, and everything else stands in the layer's annotations. There is a log's
 * promise and no proof of inclusion, which is why such a signature counts only where older forms do.
 *
 * @module
 */

import { fromHex } from "@blobber/core/internal/bytes";
import type { Signature } from "@blobber/core";
import { MAX_SIGNATURE_BYTES } from "@blobber/core/limits";
import {
  type Bundle,
  type LogEntry,
  type Material,
  readBundle,
  SIGNATURE_BYTES,
} from "./bundle.ts";
import { readPem } from "./pem.ts";
import { Fields } from "./fields.ts";
import { invalidSignature } from "./malformed.ts";
import { parseStrictJson } from "./strict_json.ts";

/** Media type of the payload. */
export const SIMPLE_SIGNING_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";

const SIGNATURE = "dev.cosignproject.cosign/signature";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const ENTRY = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";
/** Bytes of an id of a log: SHA-256 of its key. */
const ID_BYTES = 32;

/**
 * Reads a signature of any form, by its media type.
 *
 * @param signature as it is stored
 * @throws {BlobberError} `signature-invalid`
 */
export function readSignature(signature: Signature): Bundle {
  return signature.mediaType === SIMPLE_SIGNING_TYPE
    ? readSimpleSigning(signature)
    : readBundle(signature);
}

function readSimpleSigning({ bytes, annotations = {} }: Signature): Bundle {
  const long = [bytes, ...Object.values(annotations)].some(({ length }) =>
    length > MAX_SIGNATURE_BYTES
  );
  if (long) throw invalidSignature(`a part of it is longer than ${MAX_SIGNATURE_BYTES} bytes`);
  const entry = annotations[ENTRY];
  const timestamp = annotations[TIMESTAMP];
  return {
    version: "0.1",
    material: readMaterial(annotations[CERTIFICATE]),
    entries: entry === undefined ? [] : [readRekorBundle(fieldsOf(entry, "log entry"))],
    timestamps: timestamp === undefined
      ? []
      : [fieldsOf(timestamp, "timestamp").bytes("SignedRFC3161Timestamp")],
    content: {
      kind: "simple",
      payload: new Uint8Array(bytes),
      signature: new Fields(annotations, "annotations", invalidSignature)
        .bytes(SIGNATURE, SIGNATURE_BYTES),
    },
  };
}

function fieldsOf(text: string, name: string): Fields {
  const json = parseStrictJson(new TextEncoder().encode(text), `its ${name}`, invalidSignature);
  return new Fields(json, name, invalidSignature);
}

/** The leaf; who issued it stands in the trust root. Without one, a key signed that is not named. */
function readMaterial(pem: string | undefined): Material {
  if (pem === undefined) return { kind: "key", hint: "" };
  const [leaf, ...more] = readPem(pem);
  if (leaf?.label !== "CERTIFICATE" || more.length > 0) {
    throw invalidSignature("its certificate is not one PEM block");
  }
  return { kind: "certificate", leaf: leaf.der, others: [] };
}

/** The answer of Rekor's first version, as cosign kept it. */
function readRekorBundle(fields: Fields): LogEntry {
  const payload = fields.object("Payload");
  const number = (name: string): string => {
    const value = payload.raw(name);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
    throw invalidSignature(`its log entry has no number ${name}`);
  };
  const keyId = fromHex(payload.string("logID"));
  if (keyId?.length !== ID_BYTES) throw invalidSignature("its log entry names no log");
  const body = payload.bytes("body");
  const { kind, version } = kindOf(body);
  return {
    logIndex: number("logIndex"),
    keyId,
    kind,
    version,
    integratedTime: number("integratedTime"),
    promise: fields.bytes("SignedEntryTimestamp", SIGNATURE_BYTES),
    proof: undefined,
    body,
  };
}

function kindOf(body: Uint8Array): { kind: string; version: string } {
  const fields = new Fields(
    parseStrictJson(body, "the log entry", invalidSignature),
    "entry",
    invalidSignature,
  );
  return { kind: fields.string("kind"), version: fields.string("apiVersion") };
}
