/**
 * Patterns of trust rules: which repositories a rule matches.
 *
 * A pattern is `host[:port]/repository` or `oci:/path`. `*` stands for anything within a segment, `**`,
 * alone in its segment, for any number of whole segments: none or more in the middle, one or more at the
 * end. Names and patterns are made canonical in the same place, so no other spelling dodges a rule.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { canonicalPatterns } from "@blobber/core/internal/reference";
import { type Item, itemsOf, matchAll, type Meter } from "@blobber/core/internal/wildcards";

/** Characters of a pattern: a path has at most 4096 on Linux. */
const MAX_PATTERN_CHARS = 8192;

/** A pattern that was read and found sound. */
export interface Pattern {
  /** As it was written. */
  text: string;
  /**
   * Whether a canonical name, `host[:port]/repository` or `oci:/path`, is meant. At most one step for each
   * character of the pattern and of the name, which `meter` counts.
   */
  matches(name: string, meter?: Meter): boolean;
}

/**
 * Reads a pattern.
 *
 * @param text as it was written
 * @param realPath what the path of a layout is behind its links; then the pattern matches both
 * @returns the pattern, or what is wrong with it
 */
export function parsePattern(
  text: string,
  realPath: (path: string) => string = (path) => path,
): Pattern | { problem: string } {
  if (text === "**") return { text, matches: () => true };
  if (text.length > MAX_PATTERN_CHARS) {
    return { problem: `it is longer than ${MAX_PATTERN_CHARS} characters` };
  }
  const layout = text.startsWith("oci:");
  if (layout) text = layoutPattern(text);
  const slash = text.indexOf("/");
  if (slash < 0 || slash === text.length - 1) {
    return { problem: 'expected "host[:port]/repository" or "oci:/path", with "*" and "**"' };
  }
  if (layout && slash !== "oci:".length) {
    return {
      problem:
        "the path of a layout must be absolute: a relative one depends on the working directory",
    };
  }
  if (text.includes("@")) return { problem: "a rule matches repositories, not digests" };
  const host = layout ? "oci:" : text.slice(0, slash);
  const path = text.slice(slash + 1);
  if (!layout && path.includes(":")) return { problem: "a rule matches repositories, not tags" };
  if (!layout && host.includes("**")) return { problem: '"**" cannot stand for a host' };
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "") return { problem: "it has an empty segment" };
    if (segment.includes("**") && segment !== "**") {
      return { problem: '"**" must stand alone in its segment' };
    }
    if (!layout && /[A-Z]/.test(segment)) return { problem: "repositories must be lower case" };
    if (!layout && !/^[a-z0-9._*-]+$/.test(segment)) {
      return { problem: 'a repository has only letters, digits, ".", "_" and "-"' };
    }
  }
  let unknown: BlobberError | undefined;
  const ways = layout
    ? [[host, ...segments]]
    : canonicalPatterns(host, path).map((way) => [way.host, ...way.path.split("/")]);
  if (ways.length === 0) return { problem: "the part before the first slash is not a host" };
  try {
    if (layout) ways.push([host, ...behindLinks(segments, realPath)]);
  } catch (error) {
    if (!(error instanceof BlobberError)) throw error;
    unknown = error;
  }
  const matchers = ways.map(matcherOf);
  return {
    text,
    matches: (name, meter) => {
      if (matchers.some((fits) => fits(name, meter))) return true;
      // Any layout may be one that this pattern matches.
      if (unknown !== undefined && name.startsWith("oci:")) throw unknown;
      return false;
    },
  };
}

/** A pattern of layouts as names are written, where people write drives and `\\`: `oci:/C:/layouts/*`. */
function layoutPattern(text: string): string {
  const { hasDrives, separators } = platform();
  if (!hasDrives) return text;
  return separators.reduce((path, one) => path.replaceAll(one, "/"), text)
    .replace(/^oci:(?=[A-Za-z]:\/)/, "oci:/");
}

/** The segments with those in front of the first star as they are behind links. */
function behindLinks(segments: string[], realPath: (path: string) => string): string[] {
  const star = segments.findIndex((segment) => segment.includes("*"));
  const literal = star < 0 ? segments : segments.slice(0, star);
  if (literal.length === 0) return segments;
  const real = realPath(`/${literal.join("/")}`).slice(1).split("/");
  return [...real, ...segments.slice(literal.length)];
}

const filled = (segment: string) => segment !== "";

/** Matches names segment by segment, and a segment that has a star character by character. */
function matcherOf(segments: readonly string[]): (name: string, meter?: Meter) => boolean {
  return (name, meter) => {
    const items = segments.flatMap((segment, i): Item<string>[] => {
      if (segment !== "**") return [{ takes: segmentMatcher(segment, meter), many: false }];
      const any = { takes: filled, many: true };
      return i === segments.length - 1 ? [{ ...any, many: false }, any] : [any];
    });
    return matchAll(items, name.split("/"), meter);
  };
}

function segmentMatcher(pattern: string, meter?: Meter): (segment: string) => boolean {
  if (!pattern.includes("*")) return (segment) => segment === pattern;
  const items = itemsOf(pattern, { "*": () => true });
  return (segment) => matchAll(items, segment, meter);
}
