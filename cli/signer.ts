/**
 * From settings to a signer. The one place of the command line that knows what implements it.
 *
 * @module
 */

import { BlobberError, type Signer } from "@blobber/core";
import type { Context } from "./context.ts";
import { planSigning } from "./signing_plan.ts";

/**
 * Makes the signer that a command must use.
 *
 * @param context of the command
 * @param command its name
 * @returns nothing when nothing is to be signed
 */
export function makeSigner(context: Context, command: string): Promise<Signer | undefined> {
  const plan = planSigning(command, context.settings);
  if (plan === undefined) return Promise.resolve(undefined);
  throw new BlobberError("invalid-option", "this build has no signer");
}
