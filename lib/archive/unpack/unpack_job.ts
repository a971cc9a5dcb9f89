/**
 * The job that unpacks one group of members: inflates them, checks each chunk, writes the files.
 *
 * @module
 */

import { hash } from "node:crypto";
import { BlobberError } from "../../errors.ts";
import { MAX_MEMBER_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { inflateMembers } from "../compression/inflate_members.ts";
import { type FilePart, type FileParts, filePartsOf } from "./file_parts.ts";
import { type FileRoot, StagedFile, writePart } from "../destination/staged_file.ts";

/** A group of members, and where the files in it are written. */
export interface UnpackInput extends FileRoot {
  format: "gzip" | "zstd";
  /** The members, one behind the other from the buffer's begin. */
  packed: ArrayBuffer;
  /** End in `packed` of each segment: members that begin where a chunk does. */
  ends: number[];
  /** Where the plain bytes go. */
  plain: ArrayBuffer;
  files: FileParts;
}

/** A group when it is unpacked. */
export interface UnpackOutput {
  packed: ArrayBuffer;
  /** The plain bytes; a larger buffer than was given when they did not fit. */
  plain: ArrayBuffer;
  /** End in `plain` of each segment. */
  ends: number[];
}

/**
 * Unpacks a group.
 *
 * @param input its buffers are given away and come back with the answer
 * @param transfer receives the buffers of the answer
 * @throws {BlobberError} `integrity`, `invalid-archive`, `limit`, `conflict`, `file-system`
 */
export function unpackJob(input: UnpackInput, transfer: ArrayBuffer[]): UnpackOutput {
  const packed = new Uint8Array(input.packed);
  const ends: number[] = [];
  let output = new Uint8Array(input.plain);
  let from = 0;
  let at = 0;
  for (const end of input.ends) {
    const done = inflateMembers(input.format, packed, from, end, output, at, {
      most: MAX_MEMBER_BYTES,
    });
    ({ output, at } = done);
    ends.push(at);
    from = end;
  }
  let run: Run | undefined;
  for (const file of filePartsOf(input.files)) {
    const begin = file.segment === 0 ? 0 : ends[file.segment - 1]!;
    const start = begin + file.inner;
    const bytes = output.subarray(start, start + file.size);
    const fits = start + file.size <= (ends[file.segment] ?? 0);
    if (!fits || hash("sha256", bytes, "hex") !== file.hex) {
      throw new BlobberError(
        "integrity",
        `the layer does not hold ${quote(file.path)} as the table of contents states it, ` +
          `sha256:${file.hex}`,
      );
    }
    const { path, at: place } = file;
    if (place === undefined) {
      writeFile(file, bytes, input);
      continue;
    }
    // Chunks of a file that follow each other are written as one: opening it for each would cost more.
    const follows = run !== undefined && run.path === path && run.end === start &&
      run.at + run.end - run.start === place;
    if (!follows) {
      if (run !== undefined) writeRun(run, output, input);
      run = { path, at: place, start, end: start };
    }
    run!.end = start + file.size;
  }
  if (run !== undefined) writeRun(run, output, input);
  transfer.push(input.packed, output.buffer);
  return { packed: input.packed, plain: output.buffer, ends };
}

/** Checked parts of one file that follow each other in it and in the plain bytes. */
interface Run {
  path: string;
  /** Where in the file they go. */
  at: number;
  /** Where in the plain bytes they begin and end. */
  start: number;
  end: number;
}

function writeRun({ path, at, start, end }: Run, plain: Uint8Array, where: FileRoot): void {
  writePart(where, { path, at }, plain.subarray(start, end));
}

function writeFile(file: FilePart, bytes: Uint8Array, where: FileRoot): void {
  const made = new StagedFile(where, file);
  try {
    made.write(bytes);
    made.finish();
  } finally {
    made.close();
  }
}
