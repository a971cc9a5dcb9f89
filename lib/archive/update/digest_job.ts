/**
 * The job that finds out what files on the disk hold: the digests of all of a file, or of the chunks that it is cut
 * into as files of an image are.
 *
 * @module
 */

import { closeSync, constants, openSync, readSync } from "node:fs";
import { Digester, hexOf } from "../../digest.ts";
import { statLink } from "../../system/runtime.ts";
import type { ChunkRule } from "../chunking/chunk_rule.ts";
import { Cutter } from "../chunking/cutter.ts";

/** How a file is cut: by a rule, or into chunks of these sizes. */
export type Cuts = { rule: ChunkRule } | { sizes: readonly number[] };

/** A file, and the ways in which it is cut. */
export interface FileToDigest {
  path: string;
  size: number;
  cuts: Cuts[];
}

/** Files that are looked into. */
export interface DigestInput {
  /** How the system is told the directory; it is held while the job runs. */
  root: string;
  files: FileToDigest[];
}

/** The chunks of one file. */
export interface DigestedFile {
  /** Of each chunk where it begins, and its bytes. */
  places: number[];
  /** Their digests, 64 hexadecimal digits each. */
  hexes: string;
}

/** Bytes that are read at once. */
const PIECE = 1024 * 1024;
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

let buffer: Uint8Array | undefined;

/**
 * Looks into files. One that cannot be read, or is not what it was, holds nothing.
 *
 * @param input which
 * @returns the chunks of each
 */
export function digestJob({ root, files }: DigestInput): DigestedFile[] {
  return files.map((file) => {
    const found: DigestedFile = { places: [], hexes: "" };
    try {
      const { type, size } = statLink(`${root}/${file.path}`);
      if (type === "file" && size === file.size) digestFile(`${root}/${file.path}`, file, found);
    } catch { // what it holds is fetched
    }
    return found;
  });
}

function digestFile(path: string, { size, cuts }: FileToDigest, found: DigestedFile): void {
  const fd = openSync(path, FLAGS);
  try {
    for (const how of cuts) digestChunks(fd, { size, how }, found);
  } finally {
    closeSync(fd);
  }
}

function digestChunks(
  fd: number,
  { size, how }: { size: number; how: Cuts },
  found: DigestedFile,
): void {
  const memory = buffer ??= new Uint8Array(PIECE);
  const next = "rule" in how ? byRule(size, how.rule) : bySizes(how.sizes);
  let digester = new Digester();
  let [begin, position] = [0, 0];
  while (position < size) {
    const read = readSync(fd, memory, 0, Math.min(PIECE, size - position), position);
    if (read === 0) return;
    for (let at = 0; at < read;) {
      const end = next(memory, at, read);
      digester.update(memory.subarray(at, end < 0 ? read : end));
      if (end < 0) break;
      found.places.push(begin, position + end - begin);
      found.hexes += hexOf(digester.digest());
      digester = new Digester();
      begin = position + end;
      at = end;
    }
    position += read;
  }
}

/** As `Cutter.next`. */
type NextCut = (bytes: Uint8Array, from: number, to: number) => number;

function byRule(size: number, rule: ChunkRule): NextCut {
  const cutter = new Cutter(size, rule);
  return (bytes, from, to) => cutter.next(bytes, from, to);
}

function bySizes(sizes: readonly number[]): NextCut {
  let [i, left] = [0, sizes[0] ?? 0];
  return (_bytes, from, to) => {
    if (i >= sizes.length || left > to - from) {
      left -= to - from;
      return -1;
    }
    const end = from + left;
    left = sizes[++i] ?? Infinity;
    return end;
  };
}
