/**
 * Whether lines of boxes can be drawn, or have to be made of ASCII.
 *
 * @module
 */

import { platform } from "@blobber/core/internal/platform";

/**
 * Decides by the locale, as other programs do: the first of its variables that is set counts (POSIX, "Environment
 * Variables"). Terminals of Windows draw them, and set none.
 *
 * @param env variables
 */
export function drawsLines(env: (name: string) => string | undefined): boolean {
  try {
    if (env("TERM") === "dumb") return false;
    const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(env).find((value) => value);
    return locale === undefined ? platform().drawsLines : /utf-?8/i.test(locale);
  } catch { // it may not be read
    return false;
  }
}
