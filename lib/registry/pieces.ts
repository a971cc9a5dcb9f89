/**
 * A blob in pieces (distribution spec, "Pushing a blob in chunks"): for a proxy that limits the size of one
 * request. It is the last way that is tried, for the least registries know it.
 *
 * @module
 */

import type { Descriptor } from "../types.ts";
import { drop } from "./body.ts";
import { RefusedError } from "./errors.ts";
import type { Repository } from "./repository.ts";
import { begin, close, next, OCTETS } from "./session.ts";
import type { Spool } from "./spool.ts";

const MiB = 1024 * 1024;
/** First one above the least that cloud stores take (5 MiB), then one below the least common limit (1 MiB). */
const SIZES = [16 * MiB, MiB - 4096];

/**
 * Sends a blob in pieces, in smaller ones where the larger are refused.
 *
 * @param repository where to
 * @param descriptor what it is
 * @param spool the file that holds it
 * @throws {BlobberError} the refusal of the smallest pieces
 */
export async function sendInPieces(
  repository: Repository,
  descriptor: Descriptor,
  spool: Spool,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [index, size] of SIZES.entries()) {
    try {
      return await send(repository, descriptor, spool, size, signal);
    } catch (error) {
      const tooLarge = error instanceof RefusedError && error.httpStatus === 413;
      if (!tooLarge || index === SIZES.length - 1) throw error;
    }
  }
}

async function send(
  repository: Repository,
  descriptor: Descriptor,
  spool: Spool,
  wanted: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let session = await begin(repository, signal);
  const size = Math.max(wanted, session.minPiece);
  for (let at = 0; at < descriptor.size; at += size) {
    const end = Math.min(at + size, descriptor.size);
    const response = await repository.expect(
      "push",
      {
        method: "PATCH",
        to: session.url,
        headers: {
          ...OCTETS,
          "content-range": `${at}-${end - 1}`,
        },
        body: spool.body(at, end),
        signal,
      },
      [200, 201, 202, 204],
      { doing: "uploading a blob in pieces" },
    );
    await drop(response);
    session = await next(repository, response, session);
  }
  await close(repository, session, descriptor, undefined, signal);
}
