/**
 * Access tokens by their known shapes: those that say by their beginning whose they are, so that nothing else looks
 * like one.
 *
 * Left out are those whose shape is shared by what is no secret: a web token (JWT) is often one that was handed
 * out, Google's `AIza…` stands in pages for all to see, and a hexadecimal number is anything.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What a token is, by the run of letters, digits, `_` and `-` that it is. */
const SHAPES: readonly (readonly [shape: RegExp, kind: string])[] = [
  [/^gh[opusr]_[A-Za-z0-9]{36,}$/, "GitHub token"],
  [/^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/, "GitHub token"],
  [/^gl(?:pat|dt|rt|ptt|cbt|soat)-[\w-]{20,}$/, "GitLab token"],
  [/^xox[abeoprs]-(?=[\w-]*\d{6})[\w-]{24,}$/, "Slack token"],
  [/^npm_[A-Za-z0-9]{36}$/, "npm token"],
  [/^pypi-AgEI[\w-]{50,}$/, "PyPI token"],
  [/^[sr]k_live_[A-Za-z0-9]{20,}$/, "Stripe key"],
  [/^GOCSPX-[\w-]{28}$/, "Google client secret"],
  [/^sk-ant-[a-z]+\d\d-[\w-]{80,}$/, "Anthropic key"],
  [/^sk-(?:[a-z]+-)?[\w-]{16,}T3BlbkFJ[\w-]{16,}$/, "OpenAI key"],
  [/^dop_v1_[0-9a-f]{64}$/, "DigitalOcean token"],
  [/^dckr_(?:pat|oat)_[\w-]{27,}$/, "Docker token"],
  [/^hf_[A-Za-z]{34}$/, "Hugging Face token"],
  [/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/, "age key"],
];
/** `https://hooks.slack.com/services/T…/B…/…` */
const SLACK_HOOK = /^com\/services\/T[A-Z0-9]{7,}\/B[A-Z0-9]{7,}\/[A-Za-z0-9]{24}$/;
/** What stands before the secret half of an AWS key, which nothing else marks. */
const BEFORE_AWS = /aws|A(?:KIA|SIA)[A-Z2-7]{16}|secret.?(?:access.?)?key/i;
/** Characters of that. */
const AWS_CHARS = 40;

/** Octets that runs are of, by 1: those of tokens, and of base64. */
const IN_RUN = new Uint8Array(256);
/** Pairs of octets that tokens begin with, by 1. */
const FIRST = new Uint8Array(256 * 256);
for (const one of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/+") {
  IN_RUN[one.charCodeAt(0)] = 1;
}
for (
  const pair of ["AG", "GO", "co", "dc", "do", "gh", "gi", "gl", "hf", "np", "py", "rk", "sk", "xo"]
) {
  FIRST[pair.charCodeAt(0) << 8 | pair.charCodeAt(1)] = 1;
}
/** Characters of the shortest token: the longer that is, the fewer octets are looked at. */
const LEAST = 26;
/** Characters of the longest that is looked at. */
const MOST = 512;
/** Characters before one that say what it is. */
const BEFORE = 200;

/**
 * The kind of the first token in some bytes.
 *
 * As in Horspool's search the last octet of a window is looked at first, and none that stands before one that is
 * in no run: of a source text, every sixth.
 *
 * @param bytes where they are
 * @param from where to begin
 * @param end one behind the last
 */
export function tokenIn(bytes: Uint8Array, from: number, end: number): string | undefined {
  for (let last = from + LEAST - 1; last < end;) {
    const before = last - LEAST;
    let at = last;
    while (at > before && IN_RUN[bytes[at]!]! !== 0) at--;
    if (at > before) {
      last = at + LEAST;
      continue;
    }
    let behind = last + 1;
    while (behind < end && IN_RUN[bytes[behind]!]! !== 0) behind++;
    const begin = before + 1;
    const length = behind - begin;
    if (length <= MOST && (length === AWS_CHARS || mayBegin(bytes, begin, behind))) {
      const kind = kindOf(
        textOf(bytes, begin, behind),
        () => textOf(bytes, Math.max(from, begin - BEFORE), begin),
      );
      if (kind !== undefined) return kind;
    }
    last = behind + LEAST;
  }
  return undefined;
}

/** Whether a token may begin in a run: at its begin, or behind what no token has. */
function mayBegin(bytes: Uint8Array, begin: number, behind: number): boolean {
  if (FIRST[bytes[begin]! << 8 | bytes[begin + 1]!] === 1) return true;
  for (let at = begin; at < behind - LEAST; at++) {
    if (bytes[at] !== SLASH && bytes[at] !== PLUS) continue;
    if (FIRST[bytes[at + 1]! << 8 | bytes[at + 2]!] === 1) return true;
  }
  return false;
}
const SLASH = 0x2f;
const PLUS = 0x2b;

function kindOf(run: string, before: () => string): string | undefined {
  for (const text of run.split(/[/+]/)) {
    const kind = text.length < LEAST ? undefined : SHAPES.find(([shape]) => shape.test(text))?.[1];
    if (kind !== undefined && !isExample(text)) return kind;
  }
  if (SLACK_HOOK.test(run)) return isExample(run) ? undefined : "Slack hook";
  // As chance has it, there are letters of both kinds, and digits; a number in hexadecimal has not.
  const isChance = run.length === AWS_CHARS && !/[_-]/.test(run) && /[a-z]/.test(run) &&
    /[A-Z]/.test(run) && /\d/.test(run) && !isExample(run);
  return isChance && BEFORE_AWS.test(before()) ? "AWS key" : undefined;
}

/**
 * Whether a secret is one that stands for others: it says so, counts on, or repeats itself.
 *
 * @param text the secret, or more
 */
export function isExample(text: string): boolean {
  return /example|sample|dummy|fake|your|redacted|placeholder|change.?me|x{5}|\*{3}|0{6}|12345|abcde/i
    .test(text) || (text.length >= LEAST && new Set(text).size < 12);
}

function textOf(bytes: Uint8Array, from: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString("latin1");
}
