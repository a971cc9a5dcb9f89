/**
 * From settings to a verifier. The one place of the command line that knows what implements it.
 *
 * @module
 */

import { BlobberError, type Verifier } from "@blobber/core";
import type { Context } from "./context.ts";
import { planVerification } from "./verification_plan.ts";

/**
 * Makes the verifier that a command must use.
 *
 * @param context of the command
 * @param command its name
 * @param _reference what is to be read, as it was written
 * @returns nothing when no signature is demanded
 */
export function makeVerifier(
  context: Context,
  command: string,
  _reference: string,
): Promise<Verifier | undefined> {
  const plan = planVerification(command, context.settings);
  if (plan === undefined) return Promise.resolve(undefined);
  throw new BlobberError("invalid-option", "this build has no verifier");
}
