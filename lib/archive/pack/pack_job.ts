/**
 * The job that packs one batch of a layer: reads files into the tar, hashes chunks, compresses members.
 *
 * @module
 */

import { hash } from "node:crypto";
import { type Encoder, memberMaker } from "../compression/encoder.ts";
import type { MemberMaker } from "../compression/member_maker.ts";
import { type FilePlace, guardKeys, type KeyGuard } from "../input/private_keys.ts";
import { type SecretPlace, secretsIn } from "../input/secrets.ts";
import { type FileRead, readPart } from "../input/source_file.ts";

/** A batch: a segment of the tar, whole but for the content that is still to be read from files. */
export interface PackInput {
  /** What makes the members. */
  encoder: Encoder;
  /** The segment, from the buffer's begin. */
  plain: ArrayBuffer;
  /** Where the members go. */
  packed: ArrayBuffer;
  /** A {@linkcode PackPlan} as JSON: threads copy one string in a third of the time of its objects. */
  plan: string;
}

/** What is to be done to a batch. */
export interface PackPlan {
  /** Content that is still to be read into `plain`. */
  reads: FileRead[];
  /** Begin and end in `plain` of each chunk to hash, by turns. */
  chunks: number[];
  /** End in `plain` of each member; each begins where the one before it ends. */
  members: number[];
  /** Which private keys may be in files; left out, no secret is looked for. */
  keys?: KeyGuard | undefined;
  /** Files whose content, or its begin, stands in `plain` already, where secrets are looked for. */
  given?: FilePlace[] | undefined;
}

/** A batch when it is packed. */
export interface PackOutput {
  plain: ArrayBuffer;
  packed: ArrayBuffer;
  /** A {@linkcode PackResult} as JSON. */
  result: string;
}

/** What became of a batch. */
export interface PackResult {
  /** SHA-256 of each chunk, 64 hexadecimal digits each, in one string. */
  digests: string;
  /** End in `packed` of each member. */
  members: number[];
  /** Likely secrets by where in `plain` the content of their files begins; left out where there are none. */
  secrets?: SecretPlace[];
}

/**
 * Packs a batch.
 *
 * @param input the batch; its buffers are given away and come back with the answer
 * @param transfer receives the buffers of the answer
 * @throws {BlobberError} `source-changed`, `file-system`, `private-key`
 */
export async function packJob(input: PackInput, transfer: ArrayBuffer[]): Promise<PackOutput> {
  transfer.push(input.plain, input.packed);
  const steps = packSteps(input, await memberMaker(input.encoder));
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * As {@linkcode packJob}, in steps of about a millisecond, for a thread that has other things to do. One
 * batch has to come to its end before the next is begun.
 *
 * @param input the batch
 * @param maker makes its members
 */
export function* packSteps(
  input: PackInput,
  maker: MemberMaker,
): Generator<void, PackOutput, void> {
  const plain = new Uint8Array(input.plain);
  const packed = new Uint8Array(input.packed);
  const { reads, chunks, members, keys, given = [] } = JSON.parse(input.plan) as PackPlan;
  for (const read of reads) readPart(read, plain);
  const result: PackResult = { digests: "", members: [] };
  if (keys !== undefined) {
    const begins = [...reads.filter(({ from }) => from === 0), ...given];
    const secrets = secretsIn(plain, begins, guardKeys(plain, begins, keys));
    if (secrets.length > 0) result.secrets = secrets;
  }
  yield;
  for (let i = 0; i < chunks.length; i += 2) {
    result.digests += hash("sha256", plain.subarray(chunks[i], chunks[i + 1]), "hex");
  }
  let from = 0;
  let at = 0;
  for (const end of members) {
    yield;
    at = maker.member(plain.subarray(from, end), packed, at);
    result.members.push(at);
    from = end;
  }
  return { plain: input.plain, packed: input.packed, result: JSON.stringify(result) };
}
