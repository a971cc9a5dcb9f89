/**
 * `logout HOST`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { eraseLogin } from "@blobber/core/registry";
import { parseRegistry } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";

/** Removes the credentials of a registry. */
export async function runLogout({ args, out }: Context): Promise<void> {
  const { host } = parseRegistry(args[0]!);
  if (!await eraseLogin(host)) {
    throw new BlobberError("not-found", `credentials for ${host} not found`, {
      hint: "they may be in another file: blobber help credentials lists them",
    });
  }
  await out.sentences({ host }, `Removed credentials for ${host}`);
}
