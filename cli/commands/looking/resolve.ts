/**
 * `resolve REF`.
 *
 * @module
 */

import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { printable } from "@blobber/core/internal/printable";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { readOptions } from "../../trust/reading.ts";

/** Prints the digest that a reference names. What else is known goes to stderr, where no script looks. */
export async function runResolve(context: Context): Promise<void> {
  const { out, report } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const client = await makeClient(context);
  const options = await readOptions(context, ref);
  const { digest, mediaType, size } = await client.resolve(reference, options);
  report.onNotice({
    level: "debug",
    code: "resolved",
    message: `${printable(mediaType)}, ${size} bytes`,
  });
  await out.result({ reference: formatReference(reference), digest, mediaType, size }, digest);
}
