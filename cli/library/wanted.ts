/**
 * What is wanted of a reference: the digest that it must have, and the platform of an index.
 *
 * @module
 */

import type { Platform, ReadOptions } from "@blobber/core";
import { DIGEST_GRAMMAR, isDigest } from "@blobber/core/internal/digest";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { Settings } from "../config/effective.ts";

/** The digest of `--expect`. */
export function expectedDigest(settings: Settings): ReadOptions["expect"] {
  const text = settings.get("expect");
  if (text === undefined || isDigest(text)) return text;
  throw new BlobberError(
    "usage",
    `invalid expect: ${quote(text)}, expected ${DIGEST_GRAMMAR}`,
  );
}

/** The platform of `--platform`. */
export function platformOf(settings: Settings): Platform | undefined {
  const text = settings.get("platform");
  if (text === undefined) return undefined;
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text);
  if (match === null) {
    throw new BlobberError(
      "usage",
      `invalid platform: ${quote(text)}, expected OS/ARCH or OS/ARCH/VARIANT, like linux/arm64`,
    );
  }
  const [, os, architecture, variant] = match as unknown as [string, string, string, string?];
  return { os, architecture, ...variant !== undefined && { variant } };
}
