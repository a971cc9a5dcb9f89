/**
 * Arguments that are a directory or a reference.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { platform } from "@blobber/core/internal/platform";
import { parseReference } from "@blobber/core/internal/reference";

/** What reads as a reference is one, whatever is on the disk. */
export function referenceIn(text: string): Reference | undefined {
  // The colon behind a drive is no reference's.
  if (platform().hasDrives && /^[A-Za-z]:[\\/]/.test(text)) return undefined;
  try {
    return parseReference(text);
  } catch (error) {
    // What can be no path is shown as the reference that it was to be.
    if (/^oci:|[@:]/.test(text)) throw error;
    return undefined;
  }
}
