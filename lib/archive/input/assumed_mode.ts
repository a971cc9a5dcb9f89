/**
 * Permission bits of files from a system that keeps none. They are decided by what a file is, so that a tree has
 * the digest there that it has where its programs can be run and all else cannot.
 *
 * @module
 */

import { closeSync, openSync, readSync } from "node:fs";
import { toHex } from "../../bytes.ts";
import type { FileStat } from "../../system/runtime.ts";
import { readError } from "./source_file.ts";

const DIRECTORY = 0o755;
const PROGRAM = 0o755;
const FILE = 0o644;

/** What programs begin with, in hexadecimal digits: `#!`, ELF, Mach-O in both byte orders, and for several processors. */
const PROGRAMS = /^(?:2321|7f454c46|feedfac[ef]|c[ef]faedfe|cafebabe0000000[1-9a-f])/;
/** Bytes that are looked at. Java's classes begin as the last of them, and go on with a version of 45 or more. */
const LOOK = 8;

/**
 * The permission bits that something is pushed with: 755 for directories and for programs, 644 for other files.
 * A script begins with `#!`, a program of Linux or macOS with the mark of its format.
 *
 * @param file where it is
 * @param type what it is; nothing of a link is looked at
 * @throws {BlobberError} `file-system`, `source-changed`
 */
export function assumedMode(file: string, { type, size }: Pick<FileStat, "type" | "size">): number {
  if (type === "directory") return DIRECTORY;
  if (type === "file" && size > 1 && isProgram(file)) return PROGRAM;
  return FILE;
}

function isProgram(file: string): boolean {
  const begin = new Uint8Array(LOOK);
  try {
    const fd = openSync(file, "r");
    try {
      const size = readSync(fd, begin, 0, LOOK, 0);
      return PROGRAMS.test(toHex(begin.subarray(0, size)));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw readError(file, cause);
  }
}
