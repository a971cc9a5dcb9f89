/**
 * Patterns for paths, as Git and shells match them: `*`, `?`, `[…]`, `**` between slashes, and a backslash that
 * quotes. They mean the same as in Git's wildmatch with `WM_PATHNAME`.
 *
 * A pattern is held against a path segment by segment, and each of its segments against one of the path character
 * by character, both in bounded time (`wildcards.ts`): no pattern takes more steps than its length times that of
 * the path.
 *
 * @module
 */

import { type Item, matchAll, type Meter } from "./wildcards.ts";

/** A pattern that was read. */
export interface Wildmatch {
  /** The one path that it stands for, when it has no wildcards. */
  readonly literal: string | undefined;
  /**
   * Whether it is about a path as a whole.
   *
   * @param path without a slash at its end, unless the pattern has one
   * @param meter is told of each step
   */
  matches(path: string, meter?: Meter): boolean;
}

/** What stands between two slashes of a pattern. */
interface Segment {
  /** Its text, when it has no wildcards. */
  literal: string | undefined;
  /** The longest plain text in it. */
  needle: string;
  /** Whether it is `**`, which stands for any number of segments. */
  any: boolean;
  /** Whether the slash behind it is quoted. */
  quotedSlash: boolean;
  matches(segment: string, meter?: Meter): boolean;
}

/** Any character, or any segment. */
const one: Item<string> = { takes: () => true, many: false };
const many: Item<string> = { takes: () => true, many: true };

/**
 * Reads a pattern.
 *
 * One that ends within a `[…]` or after a backslash, or names a class that there is not, is about nothing.
 *
 * @param pattern characters count as characters: for Git, where bytes do, give both sides as bytes
 */
export function wildmatch(pattern: string): Wildmatch {
  const segments = segmentsOf(pattern);
  if (segments === undefined) return { literal: undefined, matches: () => false };
  if (segments.every(({ literal }) => literal !== undefined)) {
    const literal = segments.map((segment) => segment.literal).join("/");
    return { literal, matches: (path) => path === literal };
  }
  const [first] = segments;
  if (segments.length === 1 && !first!.any) {
    const { matches } = first!;
    return {
      literal: undefined,
      matches: (path, meter) => matches(path, meter) && !path.includes("/"),
    };
  }
  // Most paths lack what the pattern says in plain text, which is found out in no time.
  const start = first!.literal === undefined ? "" : `${first!.literal}/`;
  const needle = longest(segments.map((segment) => segment.needle));
  const matches = (path: string, meter?: Meter) => {
    if (!path.startsWith(start) || !path.includes(needle)) return false;
    const items = segments.flatMap((segment, i) =>
      itemsOf(segment, i + 1 < segments.length, meter)
    );
    return matchAll(items, path.split("/"), meter);
  };
  return { literal: undefined, matches };
}

/** What a segment stands for in a list of segments; at the end of a pattern, `**` is one at least. */
function itemsOf(segment: Segment, goesOn: boolean, meter: Meter | undefined): Item<string>[] {
  if (!segment.any) return [{ takes: (text) => segment.matches(text, meter), many: false }];
  return goesOn && !segment.quotedSlash ? [many] : [one, many];
}

/** The segments of a pattern; nothing for one that is malformed. */
function segmentsOf(pattern: string): Segment[] | undefined {
  const reader = new PatternReader(pattern);
  const segments: Segment[] = [];
  let parts: Part[] = [];
  for (;;) {
    const part = reader.next();
    if (part === "malformed") return undefined;
    if (part === undefined || part.text === "/") {
      segments.push(segmentOf(parts, part?.quoted ?? false));
      parts = [];
      if (part === undefined) return segments;
    } else parts.push(part);
  }
}

function segmentOf(parts: readonly Part[], quotedSlash: boolean): Segment {
  const [first] = parts;
  const any = parts.length === 1 && (first!.stars ?? 0) > 1;
  const literal = textOf(parts);
  const needle = longest(textsOf(parts));
  const segment = { literal, needle, any, quotedSlash };
  if (literal !== undefined) return { ...segment, matches: (text) => text === literal };
  // What most patterns are: `*.o`, and `build*`.
  const end = first!.many ? textOf(parts.slice(1)) : undefined;
  if (end !== undefined) return { ...segment, matches: (text) => text.endsWith(end) };
  const start = parts.at(-1)!.many ? textOf(parts.slice(0, -1)) : undefined;
  if (start !== undefined) return { ...segment, matches: (text) => text.startsWith(start) };
  return {
    ...segment,
    matches: (text, meter) => text.includes(needle) && matchAll(parts, text, meter),
  };
}

/** The plain texts between wildcards. */
function textsOf(parts: readonly Part[]): string[] {
  const texts = [""];
  for (const { text } of parts) {
    if (text === undefined) texts.push("");
    else texts.push(texts.pop() + text);
  }
  return texts;
}

function longest(texts: string[]): string {
  return texts.reduce((a, b) => b.length > a.length ? b : a, "");
}

function textOf(parts: readonly Part[]): string | undefined {
  let text = "";
  for (const part of parts) {
    if (part.text === undefined) return undefined;
    text += part.text;
  }
  return text;
}

/** A part of a pattern: a character, a set of them, or a run of stars. */
interface Part extends Item<string> {
  /** The one character that it stands for. */
  text?: string;
  /** Whether that was quoted. */
  quoted?: boolean;
  /** How many stars it is. */
  stars?: number;
}

/** Characters of the named classes, of which all are ASCII. */
const CLASSES: Record<string, RegExp> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  // deno-lint-ignore no-control-regex
  cntrl: /^[\x00-\x1f\x7f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t-\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** Reads a pattern part by part. */
class PatternReader {
  readonly #characters: string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  /** The next part; nothing at the end. */
  next(): Part | "malformed" | undefined {
    const character = this.#characters[this.#at++];
    switch (character) {
      case undefined:
        return undefined;
      case "*": {
        let stars = 1;
        for (; this.#characters[this.#at] === "*"; this.#at++) stars++;
        return { ...many, stars };
      }
      case "?":
        return one;
      case "[": {
        const takes = this.#set();
        return takes === undefined ? "malformed" : { takes, many: false };
      }
      case "\\": {
        const quoted = this.#characters[this.#at++];
        return quoted === undefined ? "malformed" : { ...textPart(quoted), quoted: true };
      }
      default:
        return textPart(character);
    }
  }

  /** What stands in brackets: which characters it takes. Nothing where it has no end. */
  #set(): ((character: string) => boolean) | undefined {
    const characters = this.#characters;
    const alternatives: ((character: string) => boolean)[] = [];
    const negated = characters[this.#at] === "!" || characters[this.#at] === "^";
    if (negated) this.#at++;
    // The character that a range may begin with.
    let before: string | undefined;
    // A bracket that closes is one of the set where it comes first.
    for (let isFirst = true;; isFirst = false) {
      let character = characters[this.#at++];
      if (character === undefined) return undefined;
      if (character === "]" && !isFirst) break;
      const next = characters[this.#at];
      if (character === "-" && before !== undefined && next !== undefined && next !== "]") {
        this.#at++;
        const last = next === "\\" ? characters[this.#at++] : next;
        if (last === undefined) return undefined;
        alternatives.push(between(before, last));
        before = undefined;
        continue;
      }
      if (character === "[" && next === ":") {
        const named = this.#named();
        if (named === "malformed") return undefined;
        if (named !== undefined) {
          alternatives.push((one) => named.test(one));
          before = undefined;
          continue;
        }
      }
      if (character === "\\") character = characters[this.#at++];
      if (character === undefined) return undefined;
      alternatives.push(between(character, character));
      before = character;
    }
    return (character) => alternatives.some((takes) => takes(character)) !== negated;
  }

  /** A class by its name, as in `[:digit:]`; nothing where the brackets hold something else. */
  #named(): RegExp | "malformed" | undefined {
    const end = this.#characters.indexOf("]", this.#at + 1);
    if (end < 0) return "malformed";
    const name = this.#characters.slice(this.#at + 1, end - 1).join("");
    if (end - 1 <= this.#at || this.#characters[end - 1] !== ":") return undefined;
    this.#at = end + 1;
    return Object.hasOwn(CLASSES, name) ? CLASSES[name]! : "malformed";
  }
}

function textPart(text: string): Part {
  return { text, takes: (character) => character === text, many: false };
}

function between(first: string, last: string): (character: string) => boolean {
  const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!];
  return (character) => {
    const point = character.codePointAt(0)!;
    return from <= point && point <= to;
  };
}
