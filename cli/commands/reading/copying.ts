/**
 * What `cp` is about, for its two ways to copy: file by file, or whole directories.
 *
 * @module
 */

import type { Found, Image, OpenOptions, Reference } from "@blobber/core";
import type { Client } from "@blobber/core/internal/client";

/** What is copied, out of what, and where to. */
export interface Copying {
  client: Client;
  reference: Reference;
  /** As the image was opened. */
  options: OpenOptions;
  image: Image;
  /** What each PATH stands for. */
  wanted: readonly Wanted[];
  destination: string;
}

/** What a PATH stands for. */
export interface Wanted extends Found {
  /** The path as it was given. */
  given: string;
}
