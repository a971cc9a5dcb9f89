/**
 * Reads a table of contents that has one row a line, as `toc_rows.ts` writes it. The lines are found by a
 * search and each is given to the JSON parser alone, which is the fastest of what was tried, and a few at
 * a time, so that most of a table is never held as objects. What is written in any other way is told, and
 * left to `toc_scan.ts`; what is read here is JSON and reads the same there.
 *
 * @module
 */

import { TOC_HEAD, TOC_SEPARATOR, TOC_TAIL } from "./toc_rows.ts";

/** Says that a table is not written in this form. */
export class OtherForm extends Error {}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** What the decoder puts in place of bytes that are not UTF-8; a table that has it is looked at elsewhere. */
const REPLACEMENT = "\ufffd";
/** Bytes of a table that are held as text beside themselves; what is larger is read otherwise. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** Bytes of lines parsed at once. */
const BATCH_BYTES = 64 * 1024;
const [HEAD, TAIL] = [TOC_HEAD, TOC_TAIL].map((text) => new TextEncoder().encode(text)) as [
  Uint8Array,
  Uint8Array,
];
const NEWLINE = 0x0a;
const COMMA = 0x2c;

/** The text of a table of this form, and where its lines are. */
export interface TocText {
  text: string;
  /** Where the first line begins. */
  start: number;
  /** Where the last line ends. */
  end: number;
}

/**
 * The text of a table.
 *
 * @param bytes the table
 * @throws {OtherForm} when it does not begin and end as `toc_rows.ts` has it
 */
export function tocText(bytes: Uint8Array): TocText {
  if (bytes.length > MAX_TEXT_BYTES) throw new OtherForm();
  const text = decode(bytes);
  if (!text.startsWith(TOC_HEAD)) throw new OtherForm();
  const [start, end] = [TOC_HEAD.length, text.length - TOC_TAIL.length];
  if (!text.endsWith(TOC_TAIL) || end < start) throw new OtherForm();
  return { text, start, end };
}

/**
 * What the lines hold, whatever JSON value each is.
 *
 * @param toc the table
 * @param from where a line begins
 * @throws {OtherForm}
 */
export function* linesIn({ text, end: last }: TocText, from: number): Generator<unknown, void> {
  for (let at = from;;) {
    let end = text.indexOf(TOC_SEPARATOR, at);
    if (end < 0 || end > last) end = last;
    yield parseLine(text.slice(at, end));
    if (end === last) return;
    at = end + TOC_SEPARATOR.length;
  }
}

/**
 * Reads a table, some lines at a time, so that the text of all of it is never in memory.
 *
 * @param bytes the table
 * @returns its rows, in batches, and at the end its version, which the head states
 * @throws {OtherForm}
 */
export function* tocLines(bytes: Uint8Array): Generator<unknown[], 1> {
  const [start, last] = [HEAD.length, bytes.length - TAIL.length];
  if (last < start || !isAt(bytes, HEAD, 0) || !isAt(bytes, TAIL, last)) throw new OtherForm();
  for (let at = start;;) {
    let end = last;
    if (last - at > BATCH_BYTES) {
      // A line that is longer than a batch is one.
      const line = bytes.lastIndexOf(NEWLINE, at + BATCH_BYTES);
      end = line > at ? line : bytes.indexOf(NEWLINE, at);
      if (bytes[end - 1] !== COMMA) throw new OtherForm();
    }
    const text = decode(bytes.subarray(at, end === last ? end : end - 1));
    yield [...linesIn({ text, start: 0, end: text.length }, 0)];
    if (end === last) return 1;
    at = end + 1;
  }
}

function isAt(bytes: Uint8Array, what: Uint8Array, at: number): boolean {
  return what.every((byte, i) => bytes[at + i] === byte);
}

function decode(bytes: Uint8Array): string {
  // Not `fatal`: telling broken bytes by what becomes of them is twice as fast.
  const text = UTF8.decode(bytes);
  if (text.includes(REPLACEMENT)) throw new OtherForm();
  return text;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new OtherForm();
  }
}
