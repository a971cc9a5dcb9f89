/**
 * What every command that reads an artifact gives to the library: who must have signed it, which digest
 * and platform are wanted, and where to report to. Trust rules belong here, so that no command forgets them.
 *
 * @module
 */

import { BlobberError, isDigest, type Platform, quote, type ReadOptions } from "@blobber/core";
import { type Context, observerOf } from "./context.ts";
import type { Settings } from "./effective.ts";
import { makeVerifier } from "./verifying.ts";

/**
 * Puts together the options of a reading call.
 *
 * @param context of the command
 * @param command its name
 * @param _reference what is to be read, as it was written
 */
export async function readOptions(
  context: Context,
  command: string,
  _reference: string,
): Promise<ReadOptions> {
  const { settings } = context;
  return {
    ...observerOf(context),
    verifier: await makeVerifier(context, command),
    expect: expectedDigest(settings),
    platform: platformOf(settings),
  };
}

/** The digest of `--expect`. */
export function expectedDigest(settings: Settings): ReadOptions["expect"] {
  const text = settings.get("expect");
  if (text === undefined || isDigest(text)) return text;
  throw new BlobberError(
    "usage",
    `invalid expect: ${quote(text)}, expected "sha256:" and 64 lower-case hexadecimal digits`,
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
