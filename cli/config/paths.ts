/**
 * Where configuration files are. Nothing comes from the working directory.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { pathBelow, platform, userDirectory } from "@blobber/core/internal/platform";
import { type FileLook, isMissing, look, lookAtLink } from "../machine.ts";

/** Variables by name; the process's own unless a test says otherwise. */
export type Environment = (name: string) => string | undefined;

/** What to do about a demand of the system's file. */
export const SYSTEM_HINT = "the system's demands are changed only in its file";

/**
 * The user's file: `$XDG_CONFIG_HOME/blobber/config.yaml`, else under `~/.config`, or `%APPDATA%` on Windows.
 *
 * @param env the environment
 * @returns the path, or nothing where there is no home
 */
export function userConfigPath(env: Environment): string | undefined {
  const directory = userDirectory("config", env);
  return directory === undefined ? undefined : pathBelow(directory, "blobber", "config.yaml");
}

/**
 * The cache's directory: `$XDG_CACHE_HOME/blobber`, else under `~/.cache`, or `%LOCALAPPDATA%` on Windows.
 *
 * @param env the environment
 * @returns the path, or nothing where there is no home
 */
export function defaultCacheDir(env: Environment): string | undefined {
  const directory = userDirectory("cache", env);
  return directory === undefined ? undefined : pathBelow(directory, "blobber");
}

/**
 * The directory of what runs leave to know: `$XDG_STATE_HOME/blobber`, else under `~/.local/state`. Where the cache
 * has the same place, as on Windows, it is `state` in the cache's directory, which has no folder of that name.
 *
 * @param env the environment
 * @returns the path, or nothing where there is no home
 */
export function defaultStateDir(env: Environment): string | undefined {
  const directory = userDirectory("state", env);
  if (directory === undefined) return undefined;
  const isShared = directory === userDirectory("cache", env);
  return pathBelow(directory, "blobber", ...isShared ? ["state"] : []);
}

/** The last name of a path. */
export function nameIn(path: string): string {
  const ends = platform().separators.map((separator) => path.lastIndexOf(separator));
  return path.slice(Math.max(...ends) + 1);
}

/**
 * The file that `config` commands change.
 *
 * @param named `--config` or its variable
 * @param env the environment
 * @throws {BlobberError} `invalid-config` where there is no home
 */
export function editedPath(named: string | undefined, env: Environment): string {
  const path = named ?? userConfigPath(env);
  if (path !== undefined) return path;
  throw new BlobberError(
    "invalid-config",
    "no home directory to keep the configuration in",
    {
      hint: "set XDG_CONFIG_HOME or HOME, or name a file with --config",
    },
  );
}

/**
 * Whether a name clearly does not exist. A dangling link exists, and a name that cannot be looked up may exist.
 *
 * @param path absolute
 */
export function isAbsent(path: string): boolean {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.search(/[/\\][^/\\]*$/)))) {
    const info = lookedAt(() => lookAtLink(at));
    if (info === "absent") continue;
    // The nearest existing ancestor: a directory without the name, or a link that may dangle.
    if (info === "unknown" || at === path) return false;
    return !info.isSymlink || typeof lookedAt(() => look(at)) === "object";
  }
  return true;
}

function lookedAt(take: () => FileLook): FileLook | "absent" | "unknown" {
  try {
    return take();
  } catch (error) {
    return isMissing(error) ? "absent" : "unknown";
  }
}
