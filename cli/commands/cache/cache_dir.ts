/**
 * The cache that the commands `cache …` are about.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { defaultCacheDir } from "../../config/paths.ts";
import type { Context } from "../../context.ts";

/**
 * The cache's directory: `--dir`, its variable and key, else the default one.
 *
 * @param context of the command
 * @throws {BlobberError} `usage` where there is no home
 */
export function cacheDirOf({ settings, env }: Context): string {
  const directory = settings.get("cacheDir") ?? defaultCacheDir(env);
  if (directory !== undefined) return directory;
  throw new BlobberError("usage", "no home directory to keep the cache in", {
    hint: "set XDG_CACHE_HOME or HOME, or name a directory with --dir",
  });
}
