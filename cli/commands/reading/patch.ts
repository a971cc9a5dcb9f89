/**
 * Changes as a patch: unified diffs with Git's headers, which `git apply` and `patch -p1` take. What has no form
 * in a patch (directories, binary files, files that are too large) is a line that both pass over.
 *
 * @module
 */

import type { Change, Diff, DiffEntry, DiffSideName } from "@blobber/core";
import { escapeUnseen, printable } from "@blobber/core/internal/printable";
import { changeLine } from "./diff_text.ts";
import { hunksOf } from "./unified.ts";

/** Bytes of a file whose text is compared: it is taken into memory, and a person reads what comes of it. */
export const MAX_TEXT_BYTES: number = 16 * 1024 * 1024;

/** How a patch is made. */
export interface PatchOptions {
  /** For a terminal: what would steer it is escaped, and lines have colors where these are wanted. */
  terminal?: { color: boolean } | undefined;
  /** Told of files that are too large. */
  warn: (message: string) => void;
  signal: AbortSignal;
}

/**
 * The patch of some changes, one after the other. Files are fetched when their change is asked for.
 *
 * @returns pieces of it, in bytes
 */
export async function* patchOf(
  diff: Diff,
  changes: readonly Change[],
  options: PatchOptions,
): AsyncGenerator<Uint8Array> {
  for (const change of changes) {
    const { before, after } = change;
    // One thing is taken away and another put in its place, as Git has it for types: GNU patch changes no link.
    const isReplaced = before !== undefined && after !== undefined &&
      (before.type !== after.type || after.type === "symlink");
    const steps = isReplaced
      ? [{ ...change, after: undefined }, { ...change, before: undefined }]
      : [change];
    for (const step of steps) yield encoded(await stepLines(diff, step, options), options);
  }
}

async function stepLines(
  diff: Diff,
  change: Change,
  { warn, signal }: PatchOptions,
): Promise<string[]> {
  const { path, before, after } = change;
  const [first, second] = [before, after].filter((one) => one !== undefined);
  if (first!.type === "directory") {
    const kind = before === undefined ? "added" : after === undefined ? "removed" : change.kind;
    return [bytesOf(`${changeLine({ ...change, kind })}\n`)];
  }
  const [a, b] = [nameText(`a/${path}`), nameText(`b/${path}`)];
  const header = [bytesOf(`diff --git ${a} ${b}\n`)];
  const [oldMode, newMode] = [before, after].map((one) => one && modeOf(one));
  if (oldMode === undefined) header.push(`new file mode ${newMode}\n`);
  else if (newMode === undefined) header.push(`deleted file mode ${oldMode}\n`);
  else if (oldMode !== newMode) header.push(`old mode ${oldMode}\n`, `new mode ${newMode}\n`);
  if (
    second !== undefined && !change.differs.some((one) => one === "content" || one === "target")
  ) {
    return header;
  }
  // With a header, a patch would make an empty file of one that is new.
  const names = `${before === undefined ? "/dev/null" : a} and ${
    after === undefined ? "/dev/null" : b
  }`;
  const large = [first!, second].find((one) => (one?.size ?? 0) > MAX_TEXT_BYTES);
  if (large !== undefined) {
    warn(
      `${printable(path)} has ${large.size} bytes: only files of up to ${MAX_TEXT_BYTES} are ` +
        "compared line by line",
    );
    return [bytesOf(`Files ${names} differ\n`)];
  }
  const old = await textOf(diff, "before", path, before, signal);
  const now = await textOf(diff, "after", path, after, signal);
  const from = before === undefined ? "/dev/null" : withTab(a);
  const to = after === undefined ? "/dev/null" : withTab(b);
  if (old.includes("\0") || now.includes("\0")) {
    return [bytesOf(`Binary files ${names} differ\n`)];
  }
  const hunks = hunksOf(old, now);
  if (hunks.length === 0) return header; // an empty file
  return [...header, bytesOf(`--- ${from}\n`), bytesOf(`+++ ${to}\n`), ...hunks];
}

/** The mode that Git knows: it has no other bits than that for running a file. */
function modeOf({ type, mode }: DiffEntry): string {
  if (type === "symlink") return "120000";
  return mode & 0o100 ? "100755" : "100644";
}

/** A file's bytes, or the target of a link, one character for each byte. */
async function textOf(
  diff: Diff,
  side: DiffSideName,
  path: string,
  entry: DiffEntry | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (entry === undefined) return "";
  if (entry.type === "symlink") return bytesOf(entry.linkTarget!);
  let text = "";
  for await (const bytes of await diff.open(side, path, { signal })) text += latin1(bytes);
  return text;
}

/** Text in UTF-8, one character for each byte. */
function bytesOf(text: string): string {
  return latin1(new TextEncoder().encode(text));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return text;
}

function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A name as Git writes it: in quotes, with escapes, where it holds what is not seen. */
function nameText(name: string): string {
  const octal = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
      .join("");
  const escaped = escapeUnseen(name.replace(/[\\"]/g, "\\$&"), octal);
  return escaped === name ? name : `"${escaped}"`;
}

/** As Git and GNU diff do: what reads the name ends at the tab. */
function withTab(name: string): string {
  return name.includes(" ") ? `${name}\t` : name;
}

const COLORS: Record<string, string> = { "+": "32", "-": "31", "@": "36" };

function encoded(lines: string[], { terminal }: PatchOptions): Uint8Array {
  if (terminal === undefined) return fromLatin1(lines.join(""));
  const inHeader = lines.findIndex((line) => line.startsWith("@@"));
  const shown = lines.map((line, i) => {
    const text = escapeUnseen(
      new TextDecoder().decode(fromLatin1(line.slice(0, -1))),
      (character) => character === "\t" ? "\t" : escapeOf(character),
    );
    const isHunk = inHeader >= 0 && i >= inHeader;
    const color = terminal.color ? (isHunk ? COLORS[line[0]!] : "1") : undefined;
    return color === undefined ? `${text}\n` : `\x1b[${color}m${text}\x1b[0m\n`;
  });
  return new TextEncoder().encode(shown.join(""));
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
