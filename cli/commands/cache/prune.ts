/**
 * `cache prune`.
 *
 * @module
 */

import { pruneCache } from "@blobber/core/internal/cache";
import { BlobberError } from "@blobber/core/errors";
import { cacheDirOf } from "./cache_dir.ts";
import type { Context } from "../../context.ts";
import { counted } from "@blobber/core/internal/printable";
import { formatSize } from "../../line/values.ts";

/** Removes what is too old or too much, the least recently used first. */
export async function runCachePrune(context: Context): Promise<void> {
  const { out, settings } = context;
  const [maxSize, maxAge] = [settings.get("maxSize"), settings.get("maxAge")];
  if (maxSize === undefined && maxAge === undefined) {
    throw new BlobberError("usage", "at least one of --max-size or --max-age is required");
  }
  const path = cacheDirOf(context);
  const result = pruneCache(path, { maxSize, maxAge });
  const { removed, removedBytes, remaining, remainingBytes } = result;
  await out.sentences(
    { path, ...result },
    removed === 0 && removedBytes === 0
      ? "No entries to prune"
      : `Removed ${counted(removed, "entry", "entries")} (${formatSize(removedBytes)})\n` +
        `Remaining: ${counted(remaining, "entry", "entries")} (${formatSize(remainingBytes)})`,
  );
}
