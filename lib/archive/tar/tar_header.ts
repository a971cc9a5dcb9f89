/**
 * One 512-byte header of a tar: POSIX ustar, GNU and the old form before both.
 *
 * @module
 */

import { quote } from "../../text/printable.ts";
import { BLOCK, FIELD, type Field } from "./tar_layout.ts";
import { invalidArchive } from "../invalid_archive.ts";

/**
 * The fields that matter here. What another header may override, or an entry of this type has no use for, is
 * read when it is asked for: only then can it be wrong. A short name that stands in for a long one may be cut
 * in the middle of a character.
 */
export class RawHeader {
  /** The type flag as a character; NUL is `"\0"`. */
  readonly type: string;
  readonly size: number;
  readonly #block: Uint8Array;

  /**
   * @param block 512 bytes that are not all zero; the header is valid as long as they stay what they are
   * @throws {BlobberError} `invalid-archive`
   */
  constructor(block: Uint8Array) {
    checkSum(block);
    this.#block = block;
    this.type = String.fromCharCode(block[FIELD.type.at]!);
    this.size = number(block, FIELD.size, "size");
  }

  get name(): string {
    const name = field(this.#block, FIELD.name);
    // Only POSIX has the prefix; GNU keeps other things there.
    const hasPrefix = this.#block[FIELD.prefix.at] !== 0 && isUstar(this.#block);
    return hasPrefix ? `${field(this.#block, FIELD.prefix)}/${name}` : name;
  }

  get linkName(): string {
    return field(this.#block, FIELD.link);
  }

  get mode(): number {
    return number(this.#block, FIELD.mode, "mode");
  }

  /** In seconds since 1970. */
  get mtime(): number {
    return number(this.#block, FIELD.mtime, "mtime");
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a block holds nothing but zeros. */
export function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}

/** "ustar" and NUL (POSIX pax, "ustar Interchange Format", magic). */
const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72, 0];

function isUstar(block: Uint8Array): boolean {
  return USTAR.every((byte, i) => block[FIELD.magic.at + i] === byte);
}

function checkSum(block: Uint8Array): void {
  const { at, size } = FIELD.checksum;
  let unsigned = size * 0x20; // the field itself counts as spaces
  for (let i = 0; i < at; i++) unsigned += block[i]!;
  for (let i = at + size; i < BLOCK; i++) unsigned += block[i]!;
  const stored = number(block, FIELD.checksum, "checksum");
  if (stored === unsigned) return;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) if (i < at || i >= at + size) high += block[i]! >> 7;
  // Old writers added signed bytes; GNU tar takes both.
  if (stored !== unsigned - 256 * high) throw invalidArchive("a header has the wrong checksum");
}

/** A string that ends at NUL or with its field. */
export function text(block: Uint8Array, at: number, length: number): string {
  let end = at;
  let high = 0;
  for (; end < at + length && block[end] !== 0; end++) high |= block[end]!;
  if (end === at) return "";
  // A pathname has at most a few hundred characters: more would be too many arguments.
  if (high < 0x80 && end - at <= BLOCK) {
    return String.fromCharCode.apply(null, block.subarray(at, end) as unknown as number[]);
  }
  try {
    return UTF8.decode(block.subarray(at, end));
  } catch {
    throw invalidArchive("a name is not UTF-8");
  }
}

function field(block: Uint8Array, { at, size }: Field): string {
  return text(block, at, size);
}

function number(block: Uint8Array, { at, size: length }: Field, what: string): number {
  const first = block[at]!;
  if (first & 0x80) return base256(block, at, length, what);
  let value = 0;
  let digits = 0;
  let i = at;
  const end = at + length;
  while (i < end && block[i] === 0x20) i++;
  for (; i < end; i++) {
    const byte = block[i]!;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) {
      throw invalidArchive(`a header's ${what} is not an octal number`);
    }
    value = value * 8 + (byte - 0x30);
    digits++;
  }
  for (; i < end; i++) {
    if (block[i] !== 0 && block[i] !== 0x20) {
      throw invalidArchive(`a header's ${what} is not an octal number`);
    }
  }
  // Directories of some writers leave the mtime or the mode blank; a blank size has no safe meaning.
  if (digits === 0 && (what === "size" || what === "checksum")) {
    throw invalidArchive(`a header has no ${what}`);
  }
  return value;
}

/** GNU's form for numbers that octal digits cannot hold: big-endian two's complement behind a flag bit. */
function base256(block: Uint8Array, at: number, length: number, what: string): number {
  const negative = (block[at]! & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  value = (value << 6n) | BigInt(block[at]! & 0x3f);
  for (let i = at + 1; i < at + length; i++) value = (value << 8n) | BigInt(block[i]!);
  const result = Number(value);
  // A time may be any: where it cannot be had, the nearest is taken.
  if (what === "mtime") return result;
  if (!Number.isSafeInteger(result) || result < 0) {
    throw invalidArchive(`a header's ${what} is ${quote(value)}`);
  }
  return result;
}
