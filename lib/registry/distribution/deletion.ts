/**
 * One deletion, and what a registry's refusal of it means.
 *
 * @module
 */

import { isBlobberError } from "../../errors.ts";
import { discardBody } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { RefusedError } from "../http/registry_error.ts";
import type { Repository } from "../repository.ts";

/** Statuses of a registry that does not do this at all; 404 is one where what was named is there. */
const NOT_DONE = [400, 404, 405, 501];

/**
 * Asks a registry to remove a tag or a manifest.
 *
 * @param repository where
 * @param reference the tag or the digest
 * @param options what is done, for messages
 */
export async function sendDelete(
  repository: Repository,
  reference: string,
  { doing, signal }: { doing: string; signal: AbortSignal | undefined },
): Promise<void> {
  const response: HttpResponse = await repository.expect(
    "delete",
    { method: "DELETE", to: repository.at(`manifests/${reference}`), signal },
    { statuses: [200, 202, 204], doing, isRemoval: true },
  );
  await discardBody(response);
}

/** Whether a refusal is about everybody: this is not done here, or what was named is not there. */
export function isNotDone(error: unknown): error is RefusedError {
  return error instanceof RefusedError && isBlobberError(error) && error.code !== "denied" &&
    (NOT_DONE.includes(error.httpStatus) || error.registryCodes.includes("UNSUPPORTED"));
}
