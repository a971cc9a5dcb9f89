/**
 * The job that packs one batch of a layer: reads files into the tar, hashes chunks, compresses members.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Compression } from "../../options.ts";
import { Compressor } from "./compress.ts";
import { type FileRead, readPart } from "./source_file.ts";

/** A batch: a segment of the tar, whole but for the content that is still to be read from files. */
export interface PackInput {
  compression: Compression;
  /** The segment, from the buffer's begin. */
  plain: ArrayBuffer;
  /** Where the members go. */
  packed: ArrayBuffer;
  /** Content that is still to be read into `plain`. */
  reads: FileRead[];
  /** Begin and end in `plain` of each chunk to hash, by turns. */
  chunks: Int32Array;
  /** End in `plain` of each member; each begins where the one before it ends. */
  members: Int32Array;
}

/** A batch when it is packed. */
export interface PackOutput {
  plain: ArrayBuffer;
  packed: ArrayBuffer;
  /** SHA-256 of each chunk, 64 hexadecimal digits each, in one string. */
  digests: string;
  /** End in `packed` of each member. */
  members: Int32Array;
}

const compressors = new Map<Compression, Compressor>();

/**
 * Packs a batch.
 *
 * @param input the batch; its buffers are given away and come back with the answer
 * @param transfer receives the buffers of the answer
 * @throws {BlobberError} `source-changed`, `file-system`
 */
export function packJob(input: PackInput, transfer: ArrayBuffer[]): PackOutput {
  const plain = new Uint8Array(input.plain);
  const packed = new Uint8Array(input.packed);
  for (const read of input.reads) readPart(read, plain);

  let digests = "";
  for (let i = 0; i < input.chunks.length; i += 2) {
    digests += hash("sha256", plain.subarray(input.chunks[i], input.chunks[i + 1]), "hex");
  }

  let compressor = compressors.get(input.compression);
  if (compressor === undefined) {
    compressor = new Compressor(input.compression);
    compressors.set(input.compression, compressor);
  }
  const members = new Int32Array(input.members.length);
  let from = 0;
  let at = 0;
  for (let i = 0; i < members.length; i++) {
    const end = input.members[i]!;
    at = compressor.member(plain.subarray(from, end), packed, at);
    members[i] = at;
    from = end;
  }
  transfer.push(input.plain, input.packed);
  return { plain: input.plain, packed: input.packed, digests, members };
}
