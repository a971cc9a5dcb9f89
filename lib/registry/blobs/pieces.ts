/**
 * The third way to send a blob: in pieces (distribution spec, "Pushing a blob in chunks"), for a proxy that
 * limits the size of one request. It is tried last, for the fewest registries know it.
 *
 * @module
 */

import { UPLOAD_PIECE_SIZES } from "../../limits.ts";
import type { TemporaryFile } from "../../system/temporary_file.ts";
import type { Descriptor } from "../../types.ts";
import { discardBody } from "../http/body.ts";
import { bodyFromFile } from "./file_body.ts";
import { afterUploadFailure } from "./upload_failure.ts";
import { OCTETS, TAKEN, type UploadSessions } from "./upload_sessions.ts";

/**
 * Sends a blob in pieces, in smaller ones where the larger are refused.
 *
 * @param sessions where to
 * @param descriptor what the blob must be
 * @param file all of it
 * @throws {BlobberError} the refusal of the smallest pieces
 */
export async function sendInPieces(
  sessions: UploadSessions,
  descriptor: Descriptor,
  file: TemporaryFile,
): Promise<void> {
  const sizes = [...UPLOAD_PIECE_SIZES];
  for (;;) {
    try {
      return await sendPiecesOf(sizes.shift()!, { sessions, descriptor, file });
    } catch (error) {
      const smaller = afterUploadFailure("pieces", error) === "send-smaller-pieces";
      if (!smaller || sizes.length === 0) throw error;
    }
  }
}

async function sendPiecesOf(
  wanted: number,
  blob: { sessions: UploadSessions; descriptor: Descriptor; file: TemporaryFile },
): Promise<void> {
  const { sessions, descriptor, file } = blob;
  const { repository, signal } = sessions;
  let session = await sessions.begin();
  const size = Math.max(wanted, session.minPiece);
  for (let at = 0; at < descriptor.size; at += size) {
    const end = Math.min(at + size, descriptor.size);
    const response = await repository.expect(
      "push",
      {
        method: "PATCH",
        to: session.url,
        headers: { ...OCTETS, "content-range": `${at}-${end - 1}` },
        body: bodyFromFile(file, at, end),
        signal,
      },
      { statuses: TAKEN, doing: "uploading a blob in pieces" },
    );
    await discardBody(response);
    session = await sessions.advance(response, session);
  }
  await sessions.finish(session, descriptor);
}
