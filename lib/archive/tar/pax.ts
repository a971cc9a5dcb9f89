/**
 * The records of a PAX extended header (POSIX pax, "pax Extended Header"): `LENGTH KEY=VALUE\n`.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";

/** What a header says about the entry behind it; what it does not say is left out. */
export interface PaxHeader {
  path?: string;
  linkpath?: string;
  size?: number;
  /** Seconds since 1970, without the fraction. */
  mtime?: number;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function invalidPax(why: string): BlobberError {
  return new BlobberError("invalid-archive", `invalid PAX header: ${why}`);
}

/**
 * Parses an extended header.
 *
 * @param bytes its content
 * @param global whether it is a global one, which may describe the archive but no entry
 * @param onRecord called for each record, before it is looked at: to count, and to refuse
 * @throws {BlobberError} `invalid-archive` for anything that two readers could take differently
 */
export function parsePax(
  bytes: Uint8Array,
  global: boolean,
  onRecord: () => void,
): PaxHeader {
  const header: PaxHeader = {};
  const seen = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    onRecord();
    let length = 0;
    let i = at;
    for (; i < bytes.length && bytes[i] !== 0x20; i++) {
      const digit = bytes[i]! - 0x30;
      if (digit < 0 || digit > 9 || i - at > 8) {
        throw invalidPax("a record does not begin with its length");
      }
      length = length * 10 + digit;
    }
    const end = at + length;
    if (i === at || end > bytes.length || end <= i + 1 || bytes[end - 1] !== 0x0a) {
      throw invalidPax("a record has the wrong length");
    }
    const equals = bytes.indexOf(0x3d, i + 1);
    if (equals < 0 || equals >= end - 1 || equals === i + 1) {
      throw invalidPax("a record has no key and value");
    }
    const key = decode(bytes.subarray(i + 1, equals));
    if (key.includes("\0")) throw invalidPax("a key contains NUL");
    if (seen.has(key)) throw invalidPax(`the key ${quote(key)} stands in it twice`);
    seen.add(key);
    apply(header, key, bytes.subarray(equals + 1, end - 1), global);
    at = end;
  }
  return header;
}

function apply(header: PaxHeader, key: string, value: Uint8Array, global: boolean): void {
  if (key.startsWith("GNU.sparse.")) throw invalidPax("sparse files are not supported");
  if (key === "hdrcharset" && decode(value) !== "ISO-IR 10646 2000 UTF-8") {
    throw invalidPax(`the character set ${quote(decode(value))} is not supported, expected UTF-8`);
  }
  if (key !== "path" && key !== "linkpath" && key !== "size" && key !== "mtime") return;
  if (global) throw invalidPax(`a global header sets ${quote(key)}`);
  const text = decode(value);
  // POSIX: an empty value takes an earlier one back, and there is none.
  if (text === "") throw invalidPax(`${quote(key)} is empty`);
  if (text.includes("\0")) throw invalidPax(`${quote(key)} contains NUL`);
  if (key === "size") {
    if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw invalidPax(`the size is ${quote(text)}, expected a count of bytes`);
    }
    header.size = Number(text);
  } else if (key === "mtime") {
    if (!/^-?[0-9]+(\.[0-9]*)?$/.test(text)) throw invalidPax(`the mtime is ${quote(text)}`);
    header.mtime = Math.floor(Number(text));
  } else header[key] = text;
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalidPax("it is not UTF-8");
  }
}
