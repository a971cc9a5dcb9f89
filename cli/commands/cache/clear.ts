/**
 * `cache clear`.
 *
 * @module
 */

import { cacheInfo, clearCache } from "@blobber/core/internal/cache";
import { BlobberError } from "@blobber/core/errors";
import { canAsk, confirm } from "../../terminal/ask.ts";
import { cacheDirOf } from "./cache_dir.ts";
import type { Context } from "../../context.ts";
import { counted } from "@blobber/core/internal/printable";
import { formatSize } from "../../line/values.ts";

/** Empties the cache, after a question. */
export async function runCacheClear(context: Context): Promise<void> {
  const { out, settings, signal } = context;
  const path = cacheDirOf(context);
  const { entries, size } = cacheInfo(path);
  if (entries.length === 0 && size === 0) {
    return await out.sentences({ path, removed: 0, removedBytes: 0 }, "The cache is already empty");
  }
  if (!settings.get("yes")) {
    if (!canAsk()) {
      throw new BlobberError("usage", "cache clear asks first, which needs a terminal", {
        hint: "confirm with --yes",
      });
    }
    const question = `Remove ${counted(entries.length, "entry", "entries")} (${
      formatSize(size)
    }) from the cache?`;
    if (!await confirm(question, signal)) {
      return await out.sentences({ path, removed: 0, removedBytes: 0 }, "Aborted");
    }
  }
  const { removed, removedBytes } = clearCache(path);
  await out.sentences(
    { path, removed, removedBytes },
    `Cleared ${counted(removed, "entry", "entries")} (${formatSize(removedBytes)})`,
  );
}
