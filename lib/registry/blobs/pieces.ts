/**
 * A blob in pieces (distribution spec, "Pushing a blob in chunks"): for a proxy that limits the size of one
 * request. It is the last way that is tried, for the least registries know it.
 *
 * @module
 */

import type { Descriptor } from "../../types.ts";
import { drop } from "../http/body.ts";
import { RefusedError } from "../http/registry_error.ts";
import type { Repository } from "../repository.ts";
import { begin, close, next, OCTETS, type Session } from "./upload_session.ts";
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
 * @param how `onSession` is told of each session that is begun or goes on
 * @throws {BlobberError} the refusal of the smallest pieces
 */
export async function sendInPieces(
  repository: Repository,
  descriptor: Descriptor,
  spool: Spool,
  how: { signal: AbortSignal | undefined; onSession(session: Session): void },
): Promise<void> {
  for (const [index, size] of SIZES.entries()) {
    try {
      return await send(size, { repository, descriptor, spool, ...how });
    } catch (error) {
      const tooLarge = error instanceof RefusedError && error.httpStatus === 413;
      if (!tooLarge || index === SIZES.length - 1) throw error;
    }
  }
}

async function send(
  wanted: number,
  { repository, descriptor, spool, signal, onSession }: {
    repository: Repository;
    descriptor: Descriptor;
    spool: Spool;
    signal: AbortSignal | undefined;
    onSession(session: Session): void;
  },
): Promise<void> {
  let session = await begin(repository, signal);
  onSession(session);
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
    onSession(session);
  }
  await close(repository, session, descriptor, undefined, signal);
}
