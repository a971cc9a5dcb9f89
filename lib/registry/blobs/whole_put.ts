/**
 * The second way to send a blob, and the only one for a small blob: a POST, and one PUT with all of it.
 *
 * @module
 */

import { checkAborted } from "../../errors.ts";
import { MAX_TRIES } from "../../limits.ts";
import type { Descriptor } from "../../types.ts";
import type { StreamBody } from "../http/exchange.ts";
import { withRetries } from "../http/retry.ts";
import { afterUploadFailure } from "./upload_failure.ts";
import type { UploadSessions } from "./upload_sessions.ts";

/**
 * Sends a blob in one PUT. POST and PUT are both made anew when they fail in a way that may pass.
 *
 * @param sessions where to
 * @param descriptor what the blob must be
 * @param body all of it
 * @throws the failure of the last try
 */
export async function sendWhole(
  sessions: UploadSessions,
  descriptor: Descriptor,
  body: Uint8Array | StreamBody,
): Promise<void> {
  const { signal } = sessions;
  const { clock } = sessions.repository;
  const ending = await withRetries(
    async () => await sessions.finish(await sessions.begin(), descriptor, body),
    {
      clock,
      signal,
      maxTries: MAX_TRIES,
      maxPauseMs: Infinity,
      classify: (outcome) => {
        const again = "error" in outcome && !signal?.aborted &&
          afterUploadFailure("whole", outcome.error) === "send-again";
        return again ? { mayPass: "the upload failed" } : "stands";
      },
    },
  );
  const last = ending.kind === "given-up" ? ending.last : ending;
  if ("answer" in last) return;
  checkAborted(signal);
  throw last.error;
}
