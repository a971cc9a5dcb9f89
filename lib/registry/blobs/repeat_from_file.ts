/**
 * Sending a blob again after the live PATCH failed: from the file that it was kept in, whole or in pieces.
 *
 * @module
 */

import { BlobberError, checkAborted } from "../../errors.ts";
import type { TemporaryFile } from "../../system/temporary_file.ts";
import type { Descriptor } from "../../types.ts";
import { bodyFromFile, digestOfFile } from "./file_body.ts";
import { sendInPieces } from "./pieces.ts";
import { type AfterFailure, afterUploadFailure } from "./upload_failure.ts";
import type { UploadSessions } from "./upload_sessions.ts";
import { sendWhole } from "./whole_put.ts";

/**
 * Sends a blob from its file.
 *
 * @param sessions where to
 * @param blob what it must be, and all of it
 * @param failed what went wrong before, and what is done after that
 * @throws the last failure
 */
export async function repeatFromFile(
  sessions: UploadSessions,
  blob: { descriptor: Descriptor; file: TemporaryFile },
  failed: { error: unknown; next: AfterFailure },
): Promise<void> {
  const { descriptor, file } = blob;
  checkWritten(descriptor, await digestOfFile(file));
  let { error, next } = failed;
  if (next === "send-whole") {
    try {
      return await sendWhole(sessions, descriptor, bodyFromFile(file));
    } catch (failure) {
      checkAborted(sessions.signal);
      error = failure;
      next = afterUploadFailure("last-whole", failure);
    }
  }
  if (next !== "send-pieces") throw error;
  await sendInPieces(sessions, descriptor, file);
}

/**
 * Checks that what was written is what it is called.
 *
 * @param descriptor what the blob must be
 * @param actual digest of what was written
 * @throws {BlobberError} `integrity`
 */
export function checkWritten({ digest }: Descriptor, actual: string): void {
  if (actual === digest) return;
  throw new BlobberError(
    "integrity",
    `what was written for blob ${digest} has the digest ${actual}`,
  );
}
