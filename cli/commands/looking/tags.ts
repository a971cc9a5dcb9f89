/**
 * `tags REPO`.
 *
 * @module
 */

import { formatReference, parseReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";

/** Lists the tags of a repository or a layout. */
export async function runTags(context: Context): Promise<void> {
  const { settings, out, signal } = context;
  const reference = parseReference(context.args[0]!);
  const limit = settings.get("limit");
  const tags = await (await makeClient(context)).tags(reference, {
    signal,
    ...limit !== undefined && { limit },
    all: settings.get("all"),
  });
  await out.names({ reference: formatReference(reference), tags }, tags);
}
