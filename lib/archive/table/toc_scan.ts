/**
 * Reads the JSON of a table of contents some rows at a time, so that a table of any size takes memory for
 * a few rows only, and can be given up half-way.
 *
 * @module
 */

import { quote } from "../../text/printable.ts";
import { invalidTable } from "./invalid_table.ts";

/** Bytes of JSON parsed at once. */
const BATCH_BYTES = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COLON = 0x3a;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a table.
 *
 * @param bytes its JSON: an object with `version` and `entries`
 * @returns the entries, in batches, and at the end the version
 * @throws {BlobberError} `invalid-archive` when it is not JSON of that form
 */
export function* scanToc(bytes: Uint8Array): Generator<unknown[], unknown> {
  let version: unknown;
  let entries = false;
  let at = expect(bytes, skipSpace(bytes, 0), OPEN_OBJECT);
  for (let first = true;; first = false) {
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_OBJECT && first) break;
    const keyEnd = valueEnd(bytes, at);
    const key = parsePart(bytes.subarray(at, keyEnd));
    at = skipSpace(bytes, expect(bytes, skipSpace(bytes, keyEnd), COLON));
    if (key === "entries") {
      if (entries) throw invalidTable("it has entries twice");
      entries = true;
      at = yield* scanArray(bytes, at);
    } else {
      const end = valueEnd(bytes, at);
      const value = parsePart(bytes.subarray(at, end));
      if (key === "version") version = value;
      at = end;
    }
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_OBJECT) break;
    at = expect(bytes, at, COMMA);
  }
  if (skipSpace(bytes, at + 1) !== bytes.length) throw invalidTable("something follows it");
  if (!entries) throw invalidTable("it has no entries");
  return version;
}

/** Cuts an array between elements and leaves what is between the cuts to the parser. */
function* scanArray(bytes: Uint8Array, start: number): Generator<unknown[], number> {
  let at = expect(bytes, start, OPEN_ARRAY);
  let batch = at;
  let any = false;
  for (;;) {
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_ARRAY && !any) return at + 1;
    at = skipSpace(bytes, valueEnd(bytes, at));
    any = true;
    const isLast = bytes[at] === CLOSE_ARRAY;
    if (!isLast && bytes[at] !== COMMA) throw invalidTable("it is not JSON");
    if (isLast || at - batch >= BATCH_BYTES) {
      yield parsePart(bytes.subarray(batch, at), "[", "]") as unknown[];
      batch = at + 1;
    }
    at++;
    if (isLast) return at;
  }
}

/** Where a value ends, by its brackets and strings alone. */
function valueEnd(bytes: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
      if (depth === 0) return i + 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) return i;
  }
  throw invalidTable("its JSON is cut off");
}

function parsePart(bytes: Uint8Array, before = "", after = ""): unknown {
  try {
    return JSON.parse(before + UTF8.decode(bytes) + after);
  } catch (cause) {
    throw invalidTable(`it is not JSON: ${quote(String(cause)).slice(1, -1)}`, cause);
  }
}

function skipSpace(bytes: Uint8Array, at: number): number {
  for (;; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
  }
}

function expect(bytes: Uint8Array, at: number, byte: number): number {
  if (bytes[at] !== byte) {
    throw invalidTable(`it is not JSON of the form {"version": 1, "entries": [...]}`);
  }
  return at + 1;
}
