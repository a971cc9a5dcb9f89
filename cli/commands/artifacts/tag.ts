/**
 * `tag REF TAG…`.
 *
 * @module
 */

import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";

/** Points further tags at an artifact, and prints its digest. */
export async function runTag(context: Context): Promise<void> {
  const { settings, out } = context;
  const [ref, ...tags] = context.args as [string, ...string[]];
  const reference = parseReference(ref);
  const { digest, mediaType, size } = await (await makeClient(context)).tag(reference, tags, {
    ...await readOptions(context, ref),
    ifAbsent: settings.get("ifAbsent"),
  });
  await out.result(
    { reference: formatReference(reference), digest, mediaType, size, tags },
    digest,
  );
  await context.report.done((took) =>
    `Tagged ${formatReference(reference)} as ${new Intl.ListFormat("en").format(tags)} ${took}`
  );
}
