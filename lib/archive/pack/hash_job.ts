/**
 * The job that hashes parts of files, as packing them would.
 *
 * @module
 */

import { hash } from "node:crypto";
import { BATCH_BYTES } from "./batch.ts";
import { type FileRead, readPart } from "../input/source_file.ts";

/** Parts of files, each of {@linkcode BATCH_BYTES} at the most. */
export interface HashInput {
  reads: FileRead[];
}

let buffer: Uint8Array | undefined;

/**
 * Hashes parts of files.
 *
 * @param input the parts
 * @returns SHA-256 of each, 64 hexadecimal digits, in one string
 * @throws {BlobberError} `source-changed`, `file-system`
 */
export function hashJob(input: HashInput): string {
  buffer ??= new Uint8Array(BATCH_BYTES);
  let digests = "";
  for (const read of input.reads) {
    readPart(read, buffer);
    digests += hash("sha256", buffer.subarray(0, read.size), "hex");
  }
  return digests;
}
