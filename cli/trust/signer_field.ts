/**
 * The field of a result in JSON that says who signed what was read.
 *
 * @module
 */

import type { Verdict } from "@blobber/core";

/**
 * The field, or nothing where no signature was demanded.
 *
 * @param verdict of what was read
 */
export async function signerField(verdict: Verdict | undefined): Promise<{ signer?: unknown }> {
  if (verdict === undefined) return {};
  const { signerOf } = await import("./verdict.ts");
  return { signer: signerOf(verdict) };
}
