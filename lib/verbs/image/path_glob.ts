/**
 * Path globs: what a PATH argument may be that names no entry. They begin at the root, as in a shell: `*`, `?` and
 * `[…]` stay within one name, `**` is any number of directories, a backslash quotes. A name that begins with a dot
 * is a name like others: nothing in an artifact is hidden.
 *
 * @module
 */

import { wildmatch } from "../../text/wildmatch.ts";

/** A glob, taken apart. */
export interface PathGlob {
  /** The directories before the first wildcard, as one path; empty for the root. */
  readonly base: string;
  /** The path that it stands for, where it has no wildcard and only quotes characters. */
  readonly literal: string | undefined;
  /** Whether it is about directories alone: it ends in a slash. */
  readonly directoriesOnly: boolean;
  /** Whether it is about a path, as it stands below the base. */
  matches(below: string): boolean;
}

/**
 * Whether a path may stand for others.
 *
 * @param path as it was written
 */
export function mayBeGlob(path: string): boolean {
  return /[*?[\\]/.test(path);
}

/**
 * Takes a glob apart.
 *
 * @param path in normal form but for a slash at its end
 */
export function parseGlob(path: string): PathGlob {
  const directoriesOnly = path.endsWith("/");
  const names = path.split("/").filter((name) => name !== "");
  const plain: string[] = [];
  for (const name of names) {
    const { literal } = wildmatch(name);
    if (literal === undefined) break;
    plain.push(literal);
  }
  const base = plain.join("/");
  const literal = plain.length === names.length ? base : undefined;
  const { matches } = wildmatch(names.slice(plain.length).join("/"));
  return { base, literal, directoriesOnly, matches: (below) => matches(below) };
}
