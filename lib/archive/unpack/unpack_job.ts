/**
 * The job that unpacks one group of members: inflates them, checks each chunk, writes the files.
 *
 * @module
 */

import { hash } from "node:crypto";
import { closeSync, constants, fchmodSync, futimesSync, openSync, writeSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { MAX_MEMBER_BYTES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import { inflateMembers } from "../compression/inflate_members.ts";
import { type FilePart, type FileParts, filePartsOf } from "./file_parts.ts";
import { setTime } from "../destination/file_time.ts";
import { openNew, placeError } from "../destination/new_file.ts";

/** A group of members. */
export interface UnpackInput {
  format: "gzip" | "zstd";
  /** The members, one behind the other from the buffer's begin. */
  packed: ArrayBuffer;
  /** End in `packed` of each segment: members that begin where a chunk does. */
  ends: number[];
  /** Where the plain bytes go. */
  plain: ArrayBuffer;
  files: FileParts;
  /** The staging directory's tree. */
  root: string;
  umask: number;
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
    writePart(file, bytes, input);
  }
  transfer.push(input.packed, output.buffer);
  return { packed: input.packed, plain: output.buffer, ends };
}

function writePart(file: FilePart, bytes: Uint8Array, input: UnpackInput): void {
  // Not join: the path is in normal form, and this is done for each of very many files.
  const path = `${input.root}/${file.path}`;
  try {
    const whole = file.at === undefined;
    const fd = whole
      ? openNew(path, file.mode | 0o200)
      : openSync(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(fd, bytes, done, bytes.length - done, whole ? null : file.at! + done);
      }
      if (!whole) return;
      if (((file.mode | 0o200) & ~input.umask) !== file.mode) fchmodSync(fd, file.mode);
      setTime(file.mtime, (time) => futimesSync(fd, time, time));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw placeError("cannot write", file.path, cause);
  }
}
