/**
 * `repos HOST`.
 *
 * @module
 */

import { addressOf, parseRegistry } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";

/** Lists the repositories of a registry. */
export async function runRepos(context: Context): Promise<void> {
  const { settings, out, signal } = context;
  const host = addressOf(parseRegistry(context.args[0]!));
  const limit = settings.get("limit");
  const repositories = await (await makeClient(context)).repositories(host, {
    signal,
    ...limit !== undefined && { limit },
  });
  await out.names({ host, repositories }, repositories);
}
