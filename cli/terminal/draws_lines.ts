/**
 * Whether lines of boxes can be drawn, or have to be made of ASCII.
 *
 * @module
 */

/**
 * Decides by the locale, as other programs do: the first of its variables that is set counts (POSIX, "Environment
 * Variables"). Terminals of Windows draw them, and set none.
 *
 * @param env variables
 * @param os the operating system
 */
export function drawsLines(env: (name: string) => string | undefined, os: string): boolean {
  try {
    if (env("TERM") === "dumb") return false;
    const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(env).find((value) => value);
    return locale === undefined ? os === "windows" : /utf-?8/i.test(locale);
  } catch { // it may not be read
    return false;
  }
}
