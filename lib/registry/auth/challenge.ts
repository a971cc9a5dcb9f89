/**
 * `WWW-Authenticate`: which ways of authentication a registry offers (RFC 9110, 11.6.1).
 *
 * @module
 */

import { MAX_CHALLENGE_CHARS } from "../../limits.ts";

/** One way of authentication. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  scheme: string;
  /** Parameters by name in lower case; the first one counts when a name comes twice. */
  parameters: Map<string, string>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/ys;

/**
 * Parses the header. Several headers come joined by commas. What cannot be read ends the list: a challenge
 * that is not understood is one that is not offered.
 *
 * @param header value, as long as it was sent
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  if (header.length > MAX_CHALLENGE_CHARS) return challenges;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const space = () => void take(/[ \t]*/y);
  const separators = () => void take(/[ \t,]*/y);

  for (;;) {
    separators();
    const scheme = take(TOKEN)?.[0];
    if (scheme === undefined) return challenges;
    const challenge: Challenge = { scheme: scheme.toLowerCase(), parameters: new Map() };
    challenges.push(challenge);
    space();
    if (!isParameter(header, at)) {
      take(TOKEN68);
      continue;
    }
    while (isParameter(header, at)) {
      const name = take(TOKEN)![0].toLowerCase();
      take(/[ \t]*=[ \t]*/y);
      const quoted = take(QUOTED);
      const value = quoted === null ? take(TOKEN)?.[0] : quoted[1]!.replace(/\\(.)/gs, "$1");
      // A value that never ends leaves nothing behind it that could be trusted.
      if (value === undefined) return challenges.slice(0, -1);
      if (!challenge.parameters.has(name)) challenge.parameters.set(name, value);
      separators();
    }
  }
}

/** Whether `name =` stands here, and not the scheme of the next challenge. */
function isParameter(header: string, at: number): boolean {
  const pattern = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=(?!=*\s*(?:,|$))/y;
  pattern.lastIndex = at;
  return pattern.test(header);
}
