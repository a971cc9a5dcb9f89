/**
 * Which files a list of patterns leaves out, in the syntax and with the meaning of Git's `.gitignore`.
 *
 * The last pattern that is about an entry decides; one that begins with `!` takes it in again. Below a directory
 * that is left out, everything is: no pattern brings that back. As in Git, a pattern counts bytes and no
 * characters, and letters have a case.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Meter } from "./wildcards.ts";
import { type Wildmatch, wildmatch } from "./wildmatch.ts";

/** A pattern of a list. */
export interface IgnoreRule {
  /** Where it stands in the list, from 0. */
  readonly index: number;
  /** Whether it takes in again what earlier ones leave out. */
  readonly negated: boolean;
}

interface CompiledRule extends IgnoreRule {
  /** Whether it is about directories alone. */
  directoryOnly: boolean;
  /** Whether it is about the last name of a path, at any depth. */
  byName: boolean;
  wild: Wildmatch;
}

/**
 * The lines of an ignore file.
 *
 * @param text of the file
 */
export function ignoreLines(text: string): string[] {
  return text.replace(/^\ufeff/, "").split("\n").map((line) => line.replace(/\r$/, ""));
}

/**
 * The pattern in a line; nothing in a comment, an empty line, or one that can be about no path, such as `/`.
 *
 * @param line spaces at its end do not count, unless one is quoted
 */
export function patternOf(line: string): string | undefined {
  if (line.startsWith("#")) return undefined;
  const trimmed = line.slice(0, endOf(line));
  return /^!?\/?\/?$/.test(trimmed) ? undefined : trimmed;
}

/** Where a line ends, without the spaces at its end. */
function endOf(line: string): number {
  let end = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === " ") continue;
    if (line[at] === "\\") at++;
    end = Math.min(at + 1, line.length);
  }
  return end;
}

/** A list of patterns. */
export class IgnoreRules {
  /** Rules without wildcards, by the name or the path that they are about. */
  readonly #names = new Map<string, CompiledRule[]>();
  readonly #paths = new Map<string, CompiledRule[]>();
  readonly #wild: CompiledRule[] = [];
  /** How many patterns there are. */
  readonly size: number;
  /** How many of them leave something out: the others do nothing without one before them. */
  readonly excluding: number;

  /** @param lines of a `.gitignore`, in their order */
  constructor(lines: readonly string[]) {
    let [size, excluding] = [0, 0];
    for (const [index, line] of lines.entries()) {
      const pattern = patternOf(line);
      if (pattern === undefined) continue;
      const rule = compile(pattern, index);
      size++;
      if (!rule.negated) excluding++;
      const { literal } = rule.wild;
      if (literal === undefined) this.#wild.push(rule);
      else add(rule.byName ? this.#names : this.#paths, literal, rule);
    }
    this.size = size;
    this.excluding = excluding;
  }

  /**
   * The rule that decides about an entry, whose directory is not left out: the last that is about it.
   *
   * @param path with slashes between its names, and none at its end
   * @param isDirectory whether it is a directory; a link to one is none
   * @param meter is told of each step
   */
  decisive(path: string, isDirectory: boolean, meter?: Meter): IgnoreRule | undefined {
    const whole = bytesOf(path);
    const name = whole.slice(whole.lastIndexOf("/") + 1);
    let found = later(this.#names.get(name), isDirectory, undefined);
    if (this.#paths.size > 0) found = later(this.#paths.get(whole), isDirectory, found);
    for (let i = this.#wild.length - 1; i >= 0; i--) {
      const rule = this.#wild[i]!;
      if (found !== undefined && rule.index < found.index) break;
      if (rule.directoryOnly && !isDirectory) continue;
      if (rule.wild.matches(rule.byName ? name : whole, meter)) return rule;
    }
    return found;
  }

  /**
   * Whether an entry is left out whose directory is not: what a walk asks, which does not descend into a
   * directory that is.
   *
   * @param path with slashes between its names, and none at its end
   * @param isDirectory whether it is a directory
   */
  excludesEntry(path: string, isDirectory: boolean): boolean {
    const rule = this.decisive(path, isDirectory);
    return rule !== undefined && !rule.negated;
  }

  /**
   * Whether a path is left out, by itself or with a directory that it is in.
   *
   * @param path with slashes between its names, and none at its end
   * @param isDirectory whether it is a directory
   */
  excludes(path: string, isDirectory: boolean): boolean {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      if (this.excludesEntry(path.slice(0, at), true)) return true;
    }
    return this.excludesEntry(path, isDirectory);
  }
}

function compile(pattern: string, index: number): CompiledRule {
  const negated = pattern.startsWith("!");
  let body = bytesOf(negated ? pattern.slice(1) : pattern);
  const directoryOnly = body.endsWith("/");
  if (directoryOnly) body = body.slice(0, -1);
  // A slash in it, also one at its beginning, ties it to where the list counts from.
  const byName = !body.includes("/");
  const wild = wildmatch(body.startsWith("/") ? body.slice(1) : body);
  return { index, negated, directoryOnly, byName, wild };
}

function add(to: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [rule]);
  else known.push(rule);
}

/** The last of some rules that counts for an entry, if it stands behind another. */
function later(
  rules: readonly CompiledRule[] | undefined,
  isDirectory: boolean,
  other: CompiledRule | undefined,
): CompiledRule | undefined {
  const rule = rules?.findLast(({ directoryOnly }) => isDirectory || !directoryOnly);
  return rule === undefined || (other !== undefined && other.index > rule.index) ? other : rule;
}

/** A text with one character for each byte of it. */
function bytesOf(text: string): string {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}
