/**
 * Writes tar headers: ustar, with a pax extended header in front for what ustar cannot hold. Owner and
 * group are 0 and have no name, so that the bytes do not depend on who packs.
 *
 * @module
 */

import { type Entry, type EntryType, storedName } from "../entry.ts";
import {
  BLOCK,
  checksumOf,
  FIELD,
  type Field,
  FLAG,
  MAX_OCTAL_12,
  paddingOf,
} from "./tar_layout.ts";

/**
 * The most bytes that one entry's headers take: a pax header, its records (a path and a target of 4096
 * bytes each, and two numbers) and the header itself.
 */
export const MAX_HEADER_BYTES: number = 2 * BLOCK + 17 * BLOCK;

const FLAGS: Record<EntryType, string> = {
  file: FLAG.file,
  directory: FLAG.directory,
  symlink: FLAG.symlink,
  hardlink: FLAG.hardlink,
  char: FLAG.charDevice,
  block: FLAG.blockDevice,
  fifo: FLAG.fifo,
};

const encoder = new TextEncoder();
const ASCII = /^[\u0020-\u007e]*$/;

/** A header with everything in it that is the same for all. */
const TEMPLATE = (() => {
  const header = new Uint8Array(BLOCK);
  encoder.encodeInto("ustar\0" + "00", header.subarray(FIELD.magic.at));
  for (const field of [FIELD.uid, FIELD.gid, FIELD.devMajor, FIELD.devMinor]) {
    putOctal(header, 0, field, 0);
  }
  return header;
})();

/**
 * Writes the headers of an entry.
 *
 * @param entry what they describe
 * @param buffer where they go; {@linkcode MAX_HEADER_BYTES} are enough room
 * @param at where in the buffer they begin
 * @returns where the entry's content begins
 */
export function writeHeader(entry: Entry, buffer: Uint8Array, at: number): number {
  const name = storedName(entry);
  const link = entry.linkTarget ?? "";
  const longName = !fits(name, FIELD.name.size);
  const longLink = !fits(link, FIELD.link.size);
  const longSize = entry.size > MAX_OCTAL_12;
  const longTime = entry.mtime < 0 || entry.mtime > MAX_OCTAL_12;
  if (longName || longLink || longSize || longTime) {
    // Keys in the order of their bytes (pax, "pax Extended Header"): one entry has one form.
    let records = "";
    if (longLink) records += paxRecord("linkpath", link);
    if (longTime) records += paxRecord("mtime", String(entry.mtime));
    if (longName) records += paxRecord("path", name);
    if (longSize) records += paxRecord("size", String(entry.size));
    const bytes = encoder.encode(records);
    at = putHeader(buffer, at, FLAG.pax, "././@PaxHeader", "", bytes.length, 0o644, 0);
    buffer.set(bytes, at);
    at += bytes.length;
    const padding = paddingOf(bytes.length);
    buffer.fill(0, at, at + padding);
    at += padding;
  }
  return putHeader(
    buffer,
    at,
    FLAGS[entry.type],
    longName ? cut(name, FIELD.name.size) : name,
    longLink ? cut(link, FIELD.link.size) : link,
    longSize ? 0 : entry.size,
    entry.mode & 0o777,
    longTime ? 0 : entry.mtime,
  );
}

function putHeader(
  buffer: Uint8Array,
  at: number,
  flag: string,
  name: string,
  link: string,
  size: number,
  mode: number,
  mtime: number,
): number {
  buffer.set(TEMPLATE, at);
  encoder.encodeInto(name, buffer.subarray(at, at + FIELD.name.size));
  putOctal(buffer, at, FIELD.mode, mode);
  putOctal(buffer, at, FIELD.size, size);
  putOctal(buffer, at, FIELD.mtime, mtime);
  buffer[at + FIELD.type.at] = flag.charCodeAt(0);
  if (link !== "") {
    encoder.encodeInto(link, buffer.subarray(at + FIELD.link.at, at + FIELD.link.at + 100));
  }
  const { checksum } = FIELD;
  putOctal(buffer, at, { at: checksum.at, size: checksum.size - 1 }, checksumOf(buffer, at));
  buffer[at + checksum.at + checksum.size - 1] = 0x20;
  return at + BLOCK;
}

/** Writes a number as octal digits that fill a field up to the NUL at its end. */
function putOctal(buffer: Uint8Array, at: number, field: Field, value: number): void {
  let i = at + field.at + field.size - 1;
  buffer[i] = 0;
  while (--i >= at + field.at) {
    buffer[i] = 0x30 + (value % 8);
    value = Math.floor(value / 8);
  }
}

function fits(text: string, size: number): boolean {
  return text.length <= size && ASCII.test(text);
}

/** What a reader that does not know pax is shown: the text's end cut off, `_` for what is not ASCII. */
function cut(text: string, size: number): string {
  return text.slice(0, size).replace(/[^\u0020-\u007e]/g, "_");
}

/** One record, whose length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
