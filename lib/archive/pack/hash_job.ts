/**
 * The job that hashes files.
 *
 * @module
 */

import { hash } from "node:crypto";
import { Digester, hexOf } from "../../digest.ts";
import { BATCH_BYTES } from "./batch.ts";
import { type FileRead, readPart } from "../input/source_file.ts";

/** Files, each from its beginning to its end. */
export interface HashInput {
  reads: FileRead[];
}

let buffer: Uint8Array | undefined;

/**
 * Hashes files.
 *
 * @param input the files
 * @returns SHA-256 of each, 64 hexadecimal digits, in one string
 * @throws {BlobberError} `source-changed`, `file-system`
 */
export function hashJob(input: HashInput): string {
  const steps = hashSteps(input);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * As {@linkcode hashJob}, in steps of less than a millisecond where files are large, for a thread that has other
 * things to do.
 *
 * @param input the files
 */
export function* hashSteps(input: HashInput): Generator<void, string, void> {
  buffer ??= new Uint8Array(BATCH_BYTES);
  let digests = "";
  for (const read of input.reads) {
    if (read.size <= BATCH_BYTES) {
      readPart(read, buffer);
      digests += hash("sha256", buffer.subarray(0, read.size), "hex");
      continue;
    }
    const digester = new Digester();
    for (let from = 0; from < read.size; from += BATCH_BYTES) {
      const size = Math.min(BATCH_BYTES, read.size - from);
      readPart({ ...read, from, size }, buffer);
      digester.update(buffer.subarray(0, size));
      yield;
    }
    digests += hexOf(digester.digest());
  }
  return digests;
}
