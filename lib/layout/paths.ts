/**
 * Where things are in an OCI layout (image-layout.md).
 *
 * @module
 */

import { join } from "node:path";
import { type Digest, hexOf } from "../digest.ts";

/** The places of one layout. */
export interface LayoutPaths {
  root: string;
  marker: string;
  index: string;
  lock: string;
  blobs: string;
  /** Blobs in the making, out of the way of whoever lists blobs. */
  ingest: string;
  blob(digest: Digest): string;
}

/**
 * The places of the layout in a directory.
 *
 * @param root the directory
 */
export function layoutPaths(root: string): LayoutPaths {
  const blobs = join(root, "blobs", "sha256");
  return {
    root,
    marker: join(root, "oci-layout"),
    index: join(root, "index.json"),
    lock: join(root, "index.json.lock"),
    blobs,
    ingest: join(root, "ingest"),
    blob: (digest) => join(blobs, hexOf(digest)),
  };
}
