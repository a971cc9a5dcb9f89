/**
 * `pull REF DIR`.
 *
 * @module
 */

import { printable } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { refuseStream } from "../../library/user_paths.ts";
import { formatSize } from "../../line/values.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Pulls an artifact into a directory; prints nothing. */
export async function runPull(context: Context): Promise<void> {
  const { settings, out } = context;
  const [ref, directory] = context.args as [string, string];
  const reference = parseReference(ref);
  refuseStream(directory, "name a directory; ./- is a directory named -");
  const result = await (await makeClient(context)).pull(reference, directory, {
    ...await readOptions(context, ref),
    overwrite: settings.get("overwrite"),
    links: settings.get("links"),
    special: settings.get("special"),
  });
  const { digest, entries, bytes, fetched, reused, verdict } = result;
  await out.result({
    reference: formatReference(reference),
    digest,
    directory,
    entries,
    bytes,
    fetched,
    reused,
    ...verdict !== undefined && { signer: signerOf(verdict) },
  });
  await context.report.done(async (took) => {
    const { amountText, signedBySuffix } = await import("../../terminal/summary.ts");
    const amounts = `${amountText(entries, "entry", "entries")}, ${formatSize(bytes)}`;
    return `Pulled ${formatReference(reference)} into ${printable(directory)}: ${amounts} ${took}` +
      signedBySuffix(verdict);
  });
}
