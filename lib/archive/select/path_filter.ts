/**
 * Which paths of an artifact are taken, by patterns in gitignore syntax: those that an include pattern matches,
 * or all where there is none, without those that an exclude pattern matches. What a directory is, all below it is
 * too, as with a `.gitignore`.
 *
 * @module
 */

import { IgnoreRules } from "../../text/ignore_rules.ts";

/** What is said about a path. */
interface Said {
  included: boolean;
  excluded: boolean;
}

/** The patterns of one selection. */
export class PathFilter {
  readonly #include: Patterns;
  readonly #exclude: Patterns;
  /** What is said about directories, and so about all that is below them. */
  readonly #directories = new Map<string, Said>();

  /**
   * @param include patterns of which one has to match; none means that everything is included
   * @param exclude patterns of which none may match
   */
  constructor(include: readonly string[], exclude: readonly string[]) {
    this.#include = new Patterns(include);
    this.#exclude = new Patterns(exclude);
    this.#directories.set("", { included: include.length === 0, excluded: false });
  }

  /** Whether a path is taken. */
  takes(path: string, isDirectory: boolean): boolean {
    const { included, excluded } = this.#said(path, isDirectory);
    return included && !excluded;
  }

  /** Patterns that are about nothing that was asked for so far, in their order. */
  unmatched(): string[] {
    return [...this.#include.unmatched(), ...this.#exclude.unmatched()];
  }

  #said(path: string, isDirectory: boolean): Said {
    const known = isDirectory || path === "" ? this.#directories.get(path) : undefined;
    if (known !== undefined) return known;
    const above = this.#said(path.slice(0, Math.max(0, path.lastIndexOf("/"))), true);
    // Both are asked in any case: a pattern that matches nothing is an error.
    const included = this.#include.match(path, isDirectory) || above.included;
    const excluded = this.#exclude.match(path, isDirectory) || above.excluded;
    const said = { included, excluded };
    if (isDirectory) this.#directories.set(path, said);
    return said;
  }
}

/** Patterns in a row: the last that is about a path decides. */
class Patterns {
  readonly #rules: IgnoreRules;
  /** Those that were about nothing so far, each by itself. */
  readonly #unmatched: Map<string, IgnoreRules>;

  constructor(lines: readonly string[]) {
    this.#rules = new IgnoreRules(lines);
    this.#unmatched = new Map(lines.map((line) => [line, new IgnoreRules([line])]));
  }

  match(path: string, isDirectory: boolean): boolean {
    for (const [line, rule] of this.#unmatched) {
      if (rule.decisive(path, isDirectory) !== undefined) this.#unmatched.delete(line);
    }
    return this.#rules.size > 0 && this.#rules.excludesEntry(path, isDirectory);
  }

  unmatched(): string[] {
    return [...this.#unmatched.keys()];
  }
}
