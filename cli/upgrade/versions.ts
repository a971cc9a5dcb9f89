/**
 * Versions of releases, as tags name them: `v1.2.3`, and `v1.3.0-rc.1` before a release.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { compareTags } from "@blobber/core/internal/version-order";

/** A version by semver.org without build metadata, which no tag can hold. */
const VERSION = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** The longest that a version may be: it becomes part of names. */
const MAX_LENGTH = 64;

/** Whether a text is a version, without the `v`. */
export function isVersion(text: string): boolean {
  return text.length <= MAX_LENGTH && VERSION.test(text);
}

/**
 * The version that a user asks for.
 *
 * @param text with or without `v`
 * @throws {BlobberError} `usage`
 */
export function askedVersion(text: string): string {
  const version = text.replace(/^v/, "");
  if (isVersion(version)) return version;
  throw new BlobberError("usage", `invalid version: ${quote(text)}, expected one such as "1.2.3"`);
}

/**
 * The newest stable version that tags name. Other tags, such as `latest`, say nothing.
 *
 * @param tags of the repository of releases
 */
export function newestStable(tags: readonly string[]): string | undefined {
  const versions = tags.filter((tag) => tag.startsWith("v")).map((tag) => tag.slice(1))
    .filter((version) => isVersion(version) && !version.includes("-"));
  return versions.sort(compareTags).at(-1);
}

/** Whether the first version is newer than the second. */
export function isNewer(one: string, other: string): boolean {
  return compareTags(one, other) > 0;
}
