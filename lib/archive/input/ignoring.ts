/**
 * Which files of a directory are not to be pushed: by the ignore file in it, or by another that a caller names,
 * and by patterns of the caller's own behind those.
 *
 * An ignore file that cannot be used ends the call: without it, what it leaves out would be pushed.
 *
 * @module
 */

import { lstatSync, realpathSync, type Stats } from "node:fs";
import { relative } from "node:path";
import { BlobberError } from "../../errors.ts";
import { MAX_IGNORE_BYTES } from "../../limits.ts";
import { readInputSync } from "../../system/input_file.ts";
import { errnoOf } from "../../system/system_error.ts";
import { ignoreLines, IgnoreRules, patternOf } from "../../text/ignore_rules.ts";
import { printable, quote } from "../../text/printable.ts";
import { wildmatch } from "../../text/wildmatch.ts";
import type { PushInput } from "./given.ts";
import { readError } from "./source_file.ts";

/** The ignore file's name in a directory that is pushed. Below that, it is a file like any other. */
export const IGNORE_FILE = ".blobberignore";

/** What leaves files out. */
export interface IgnoreOptions {
  /** Lines as in an ignore file, which count behind those of the file. @default [] */
  ignore?: readonly string[] | undefined;
  /** The ignore file, or `false` for none. @default `.blobberignore` in the directory, where it is there */
  ignoreFile?: string | false | undefined;
}

/**
 * Reads what leaves files out.
 *
 * The ignore file leaves itself out, unless a pattern takes it in again.
 *
 * @param directory which is pushed
 * @returns nothing where nothing can be left out
 * @throws {BlobberError} `file-system`, and `invalid-option` for an ignore file that is none, or patterns that
 * cannot have been meant so
 */
export function ignoringOf(
  directory: string,
  { ignore = [], ignoreFile }: IgnoreOptions,
): IgnoreRules | undefined {
  const own = ignoreFile === false ? undefined : lookAtOwn(directory);
  const lines: string[] = [];
  const itself: string[] = [];
  if (own !== undefined) itself.push(IGNORE_FILE);
  if (typeof ignoreFile === "string") {
    lines.push(...linesOf(ignoreFile));
    const path = pathBelow(directory, ignoreFile);
    if (path !== undefined) itself.push(path);
  } else if (own !== undefined) {
    // A link is refused, as Git does: where it leads may be another user's matter.
    const path = `${directory}/${IGNORE_FILE}`;
    if (own.isSymbolicLink()) throw unusable(path, "it is a link, expected a regular file");
    lines.push(...linesOf(path, own));
  }
  if (itself.length === 0 && lines.length === 0 && ignore.length === 0) return undefined;
  checkIgnore(ignore, new IgnoreRules(lines), itself);
  const rules = new IgnoreRules([...itself.map(exactly), ...lines, ...ignore]);
  for (const [i, line] of ignore.entries()) {
    checkAncestors(line, itself.length + lines.length + i, rules);
  }
  return rules.excluding === 0 ? undefined : rules;
}

/** Looks whether the directory has an ignore file. */
function lookAtOwn(directory: string): Stats | undefined {
  const path = `${directory}/${IGNORE_FILE}`;
  try {
    return lstatSync(path);
  } catch (cause) {
    // Where there is no directory, the walk says so.
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) return undefined;
    throw readError(path, cause);
  }
}

function linesOf(path: string, same?: { dev: number; ino: number }): string[] {
  const fail = (why: string, cause?: unknown) => unusable(path, why, cause);
  const { bytes } = readInputSync(path, { limit: MAX_IGNORE_BYTES, fail }, same);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail("it is not valid UTF-8");
  }
  if (text.includes("\0")) throw fail("it has a null character, expected text");
  return ignoreLines(text);
}

function unusable(path: string, why: string, cause?: unknown): BlobberError {
  const code = cause === undefined ? "invalid-option" : "file-system";
  return new BlobberError(code, `cannot use the ignore file ${quote(path)}: ${why}`, { cause });
}

/**
 * Refuses options that leave files out where what is pushed is no directory: they would change nothing.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkIgnoring(input: PushInput, { ignore = [], ignoreFile }: IgnoreOptions): void {
  if ("directory" in input || (ignore.length === 0 && !ignoreFile)) return;
  const option = ignore.length > 0 ? "ignore" : "ignoreFile";
  throw new BlobberError(
    "invalid-option",
    `the option ${option} leaves files of a directory out, and this is none`,
  );
}

/** Refuses lines that are too many, and a pattern that takes in again what nothing left out. */
function checkIgnore(ignore: readonly string[], ofFile: IgnoreRules, itself: string[]): void {
  const length = ignore.reduce((sum, line) => sum + line.length + 1, 0);
  if (length > MAX_IGNORE_BYTES) {
    throw new BlobberError(
      "invalid-option",
      `the patterns that leave files out have ${length} characters, expected at most ${MAX_IGNORE_BYTES}`,
    );
  }
  if (ofFile.excluding > 0) return;
  for (const line of ignore) {
    const rules = new IgnoreRules([line]);
    if (rules.excluding > 0) return;
    const names = new IgnoreRules([...itself.map(exactly), line]);
    if (rules.size === 0 || itself.some((path) => !names.excludes(path, false))) continue;
    throw new BlobberError(
      "invalid-option",
      `the pattern ${quote(line)} brings nothing back: none before it leaves anything out`,
      {
        hint:
          'to push only what it is about, leave out everything first, with "*", and bring back ' +
          'directories, with "!*/"',
      },
    );
  }
}

/**
 * Refuses a line that is to bring one path back where a line before it leaves out a directory that it is in: of
 * that, nothing comes back.
 *
 * @param index of the line among all
 */
function checkAncestors(line: string, index: number, rules: IgnoreRules): void {
  const path = patternOf(line)?.startsWith("!") ? wildmatch(line.slice(1)).literal : undefined;
  if (path === undefined) return;
  const names = path.split("/").filter((name) => name !== "");
  for (let count = 1; count < names.length; count++) {
    const directory = names.slice(0, count).join("/");
    const rule = rules.decisive(directory, true);
    if (rule === undefined || rule.negated || rule.index > index) continue;
    throw new BlobberError(
      "invalid-option",
      `the pattern ${quote(line)} brings nothing back: the directory ${
        quote(directory)
      } is left out, with all that is in it`,
      {
        hint: `leave out what is in it, and not the directory itself: with "/${
          printable(directory)
        }/*"`,
      },
    );
  }
}

/** A file's path below a directory, links followed; nothing where it is elsewhere. */
function pathBelow(directory: string, file: string): string | undefined {
  try {
    const path = relative(realpathSync(directory), realpathSync(file)).replaceAll("\\", "/");
    return /^(?:\.\.(?:\/|$)|\/|[A-Za-z]:)/.test(path) ? undefined : path;
  } catch { // the walk says what is wrong with the directory
    return undefined;
  }
}

/** The pattern that is about one path alone. */
function exactly(path: string): string {
  return `/${path.replaceAll(/[*?[\\ ]/g, "\\$&")}`;
}
