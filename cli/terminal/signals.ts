/**
 * Ctrl-C and termination: the first stops the work and lets it clean up, the second ends the process.
 *
 * @module
 */

import { BlobberError, CODES, STATUS } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { exit, onSignal } from "../machine.ts";

const MEANING = { SIGINT: "interrupted", SIGTERM: "terminated", SIGBREAK: "interrupted" } as const;

/**
 * Listens for signals.
 *
 * @param lastWords runs before a second signal ends the process
 * @returns aborts with the error that the command then ends with
 */
export function listenForStop(lastWords: () => void): AbortSignal {
  const controller = new AbortController();
  for (const signal of platform().stopSignals) {
    const code = MEANING[signal];
    onSignal(signal, () => {
      if (controller.signal.aborted) {
        lastWords();
        exit(STATUS[CODES[code]].status);
      }
      controller.abort(new BlobberError(code, "operation canceled"));
    });
  }
  return controller.signal;
}
