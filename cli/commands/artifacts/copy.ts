/**
 * `copy FROM… TO`.
 *
 * @module
 */

import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { formatSize } from "../../line/values.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Copies artifacts with their signatures, and prints their digests. */
export async function runCopy(context: Context): Promise<void> {
  const { settings, out } = context;
  if (settings.get("allTags") || context.args.length > 2) {
    const { runCopyAll } = await import("./copy_all.ts");
    return await runCopyAll(context);
  }
  const [ref, to] = context.args as [string, string];
  const from = parseReference(ref);
  const target = parseReference(to);
  const { verdict, ...result } = await (await makeClient(context)).copy(from, target, {
    ...await readOptions(context, ref),
    ifAbsent: settings.get("ifAbsent"),
  });
  await out.result({
    from: formatReference(from),
    to: formatReference(target),
    ...result,
    ...verdict !== undefined && { signer: signerOf(verdict) },
  }, result.digest);
  await context.report.done(async (took) => {
    const { amountText, signedBySuffix } = await import("../../terminal/summary.ts");
    const { blobs: { copied }, bytes, referrers } = result;
    const sent = copied === 0
      ? "nothing to send"
      : `${amountText(copied, "blob")}, ${formatSize(bytes)}`;
    const along = referrers === 0 ? "" : ` and ${amountText(referrers, "referrer")}`;
    return `Copied ${formatReference(from)} to ${
      formatReference(target)
    }: ${sent}${along} ${took}` +
      signedBySuffix(verdict);
  });
}
