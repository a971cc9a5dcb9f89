/**
 * Records a signature in a transparency log, in the version of the API that the log knows.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { checkRekorV2 } from "./credential.ts";
import type { Envelope } from "../encoding/dsse.ts";
import type { KeyMaterial, LogEntry } from "../encoding/encode_bundle.ts";
import { toPem } from "../encoding/pem.ts";
import { publicKeyPem, type SigningKey } from "../keys/signing_key.ts";
import { addToRekorV1 } from "./rekor_v1.ts";
import { addToRekorV2 } from "./rekor_v2.ts";
import type { ServiceContext } from "../service.ts";
import type { RekorService } from "./signing_config.ts";

/** A signature in the making. */
export interface Made {
  key: SigningKey;
  material: KeyMaterial;
  payload: Uint8Array;
  /** What the signature is over. */
  signed: Uint8Array;
  signature: Uint8Array;
  envelope: Envelope;
  /** Whether a timestamp authority has seen it. */
  timestamped: boolean;
}

/**
 * Adds a signature to a log.
 *
 * @returns its entry; nothing when the log took the same one before and gives no proof of it any more
 * @throws {BlobberError} `signing-service`
 */
export async function logSignature(
  log: RekorService,
  { key, material, payload, signed, signature, envelope, timestamped }: Made,
  context: ServiceContext,
): Promise<LogEntry | undefined> {
  const certificate = "certificate" in material ? material.certificate : undefined;
  if (log.version !== 2) {
    const verifierPem = certificate ? toPem("CERTIFICATE", certificate) : publicKeyPem(key);
    const entry = await addToRekorV1(context, log.url, { envelope, payload, verifierPem });
    if (entry !== undefined) return entry;
    if (log.version === 1) {
      throw new BlobberError(
        "signing-service",
        `Rekor at ${new URL(log.url).host} does not know version 1 of the log's API`,
        { hint: "check the URL of the log, or name version 2" },
      );
    }
    checkRekorV2(timestamped, key);
  }
  return await addToRekorV2(context, log.url, {
    signed,
    signature,
    details: key.details!,
    verifier: certificate ? { certificate } : { publicKey: key.publicKey },
  });
}
