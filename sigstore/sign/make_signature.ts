/**
 * The steps of a signature: statement, signature, timestamps, log entries, bundle.
 *
 * @module
 */

import type { Signable, Signature } from "@blobber/core";
import type { Acquired } from "./credential.ts";
import { envelopeOf, preAuthEncoding } from "../encoding/dsse.ts";
import { BUNDLE_TYPE, encodeBundle, type LogEntry } from "../encoding/encode_bundle.ts";
import { logSignature } from "./log_signature.ts";
import type { ServiceContext } from "../service.ts";
import type { SigningServices } from "./signing_config.ts";
import {
  encodeStatement,
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  statementAbout,
} from "../encoding/statement.ts";
import { requestTimestamp } from "./timestamp.ts";

/** What signs, and the services that take part. */
export interface Means {
  credential: Acquired;
  services: SigningServices;
  context: ServiceContext;
}

/**
 * Makes a signature.
 *
 * @param manifest what to sign, checked
 * @param means what signs it
 * @param nonce makes the statement differ from an earlier one that says the same
 * @returns the signature; nothing when a log took the same one before and gives no proof of it any more
 * @throws {BlobberError} `signing-service`
 */
export async function makeSignature(
  manifest: Signable,
  { credential: { key, material }, services, context }: Means,
  nonce?: string,
): Promise<Signature | undefined> {
  const payload = encodeStatement(statementAbout(manifest.digest, manifest.name, nonce));
  const signed = preAuthEncoding(PAYLOAD_TYPE, payload);
  const signature = await key.sign(signed);
  const envelope = envelopeOf(PAYLOAD_TYPE, payload, signature);

  // Timestamps before the log: a failure before the log has published nothing there.
  const timestamps: Uint8Array[] = [];
  for (const url of services.timestamps) {
    timestamps.push(await requestTimestamp(context, url, signature));
  }
  const timestamped = timestamps.length > 0;
  const made = { key, material, payload, signed, signature, envelope, timestamped };
  const entries: LogEntry[] = [];
  for (const log of services.logs) {
    const entry = await logSignature(log, made, context);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return {
    mediaType: BUNDLE_TYPE,
    bytes: encodeBundle({ key: material, envelope, entries, timestamps }),
    // What cosign writes, without the time: equal signatures must stay equal.
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": PREDICATE_TYPE,
    },
  };
}
