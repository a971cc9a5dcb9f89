/**
 * SHA-256 of bytes that are all there.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Digest } from "@blobber/core";
import { toHex } from "@blobber/core/internal/bytes";

/** The 32 bytes of a SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** The same as OCI writes it. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${toHex(sha256(bytes))}`;
}
