/**
 * Reads a table of contents that is written as `toc_rows.ts` writes it: one row a line, fields in one
 * order. Such a table needs no JSON parser, which takes most of the time and memory of reading one. What
 * is written in any other way is told, and left to `toc_scan.ts`; what is read here reads the same there.
 *
 * @module
 */

import { asciiText } from "./chunk_columns.ts";
import type { TocEntry } from "../toc.ts";
import { TOC_HEAD, TOC_SEPARATOR, TOC_TAIL } from "../toc_rows.ts";

/** A row as a table states it, whatever the fields may hold. A digest may be where its digits stand. */
export type RawRow =
  & { [K in Exclude<keyof TocEntry, "digest" | "chunkDigest">]?: TocEntry[K] | undefined }
  & {
    name: string;
    digest?: string | number | undefined;
    chunkDigest?: string | number | undefined;
  };

/** Says that a table is not written in this form. */
export class OtherForm extends Error {}

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const HEAD = encoder.encode(TOC_HEAD);
const SEPARATOR = encoder.encode(TOC_SEPARATOR);
const TAIL = encoder.encode(TOC_TAIL);
const NAME = encoder.encode('{"name":');
const TYPES = (["reg", "dir", "symlink", "hardlink", "chunk"] as const).map((type) => ({
  type,
  bytes: encoder.encode(`,"type":"${type}"`),
}));
const SHA256 = encoder.encode('"sha256:');
const HEX_DIGITS = 64;
/** Decimal digits that every number of them is safe with. */
const MAX_DIGITS = 15;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;

function key(name: keyof TocEntry): Uint8Array {
  return encoder.encode(`,"${name}":`);
}
const KEY = {
  size: key("size"),
  modtime: key("modtime"),
  linkName: key("linkName"),
  mode: key("mode"),
  offset: key("offset"),
  innerOffset: key("innerOffset"),
  digest: key("digest"),
  chunkOffset: key("chunkOffset"),
  chunkSize: key("chunkSize"),
  chunkDigest: key("chunkDigest"),
};

/** Reads the rows of a table one after another. */
export class TocLines {
  /** The row read last; overwritten by the next. */
  readonly row: RawRow & { digest?: number | undefined } = {
    name: "",
    type: "reg",
    size: undefined,
    modtime: undefined,
    linkName: undefined,
    mode: undefined,
    offset: undefined,
    innerOffset: undefined,
    digest: undefined,
    chunkOffset: undefined,
    chunkSize: undefined,
    chunkDigest: undefined,
  };
  readonly #bytes: Uint8Array;
  #at = 0;
  #ended = false;

  /**
   * @param bytes the table
   * @throws {OtherForm} as every method
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#expect(HEAD);
  }

  /** Reads the next row; `false` at the end. */
  next(): boolean {
    if (this.#ended) return false;
    const { row } = this;
    this.#expect(NAME);
    row.name = this.#string();
    row.type = this.#type();
    row.size = this.#eat(KEY.size) ? this.#number() : undefined;
    row.modtime = this.#eat(KEY.modtime) ? this.#string() : undefined;
    row.linkName = this.#eat(KEY.linkName) ? this.#string() : undefined;
    row.mode = this.#eat(KEY.mode) ? this.#number() : undefined;
    row.offset = this.#eat(KEY.offset) ? this.#number() : undefined;
    row.innerOffset = this.#eat(KEY.innerOffset) ? this.#number() : undefined;
    row.digest = this.#eat(KEY.digest) ? this.#digest() : undefined;
    row.chunkOffset = this.#eat(KEY.chunkOffset) ? this.#number() : undefined;
    row.chunkSize = this.#eat(KEY.chunkSize) ? this.#number() : undefined;
    row.chunkDigest = this.#eat(KEY.chunkDigest)
      ? this.#sameDigest(row.digest) ? row.digest : this.#digest()
      : undefined;
    if (this.#bytes[this.#at++] !== CLOSE) throw new OtherForm();
    if (!this.#eat(SEPARATOR)) {
      this.#expect(TAIL);
      if (this.#at !== this.#bytes.length) throw new OtherForm();
      this.#ended = true;
    }
    return true;
  }

  #eat(what: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < what.length; i++) if (bytes[at + i] !== what[i]) return false;
    this.#at = at + what.length;
    return true;
  }

  #expect(what: Uint8Array): void {
    if (!this.#eat(what)) throw new OtherForm();
  }

  #type(): (typeof TYPES)[number]["type"] {
    for (const { type, bytes } of TYPES) if (this.#eat(bytes)) return type;
    throw new OtherForm();
  }

  #number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) value = value * 10 + bytes[at]! - 0x30;
    const digits = at - start;
    const padded = digits > 1 && bytes[start] === 0x30;
    if (digits === 0 || digits > MAX_DIGITS || padded) throw new OtherForm();
    this.#at = at;
    return value;
  }

  #string(): string {
    const bytes = this.#bytes;
    const start = this.#at;
    if (bytes[start] !== QUOTE) throw new OtherForm();
    let at = start + 1;
    let high = 0;
    let escaped = false;
    for (; bytes[at] !== QUOTE; at++) {
      const byte = bytes[at];
      if (byte === undefined || byte < 0x20) throw new OtherForm();
      high |= byte;
      if (byte !== BACKSLASH) continue;
      escaped = true;
      at++;
    }
    this.#at = at + 1;
    if (escaped) return unescape(bytes.subarray(start, at + 1));
    if (high < 0x80 && at - start < 512) return asciiText(bytes, start + 1, at);
    return decode(bytes.subarray(start + 1, at));
  }

  /** @returns where its hexadecimal digits begin */
  #digest(): number {
    this.#expect(SHA256);
    const bytes = this.#bytes;
    const start = this.#at;
    const end = start + HEX_DIGITS;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      const hex = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
      if (!hex) throw new OtherForm();
    }
    if (bytes[end] !== QUOTE) throw new OtherForm();
    this.#at = end + 1;
    return start;
  }

  /** Whether the digest here is the one there, as most are. */
  #sameDigest(other: number | undefined): boolean {
    if (other === undefined) return false;
    const bytes = this.#bytes;
    const shift = this.#at + SHA256.length - other;
    const end = other + HEX_DIGITS + 1;
    for (let i = other - SHA256.length; i < end; i++) {
      if (bytes[i + shift] !== bytes[i]) return false;
    }
    this.#at = end + shift;
    return true;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new OtherForm();
  }
}

function unescape(quoted: Uint8Array): string {
  try {
    return JSON.parse(decode(quoted));
  } catch {
    throw new OtherForm();
  }
}
