/**
 * `copy FROM… TO` of several artifacts, and `copy --all-tags FROM TO`.
 *
 * @module
 */

import type { CopyFrom, CopyOutcome, CopyResult, Reference } from "@blobber/core";
import { BlobberError, type Code } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { type FirstFailure, notAll } from "../../library/not_all.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { platformOf } from "../../library/wanted.ts";
import { formatSize } from "../../line/values.ts";
import { describeError } from "../../terminal/error_text.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Copies several artifacts, and prints a line for each: its digest, and where it is now. */
export async function runCopyAll(context: Context): Promise<void> {
  const { settings, out, report } = context;
  const to = repositoryIn(context.args.at(-1)!);
  refuseFlags(settings, ["expect"], "it is about one artifact");
  const outcomes = await begin(context, to);
  const copied: (CopyResult & { from: string; to: string })[] = [];
  const failed: { from: string; to: string; code: Code; message: string }[] = [];
  let first: FirstFailure | undefined;
  for await (const outcome of outcomes) {
    const { from, to } = outcome;
    if ("error" in outcome) {
      first ??= { name: from, error: outcome.error };
      const { code, message } = describeError(outcome.error, "copy");
      failed.push({ from, to, code, message });
      report.warn("not-copied", `${printable(from)} was not copied: ${message}`);
    } else {
      const { result } = outcome;
      copied.push({ from, to, ...result });
      // At a terminal the bar goes on until all are there.
      if (!out.json && out.columns === Infinity) await out.text(lineOf(result, to));
    }
  }
  if (!out.json && out.columns !== Infinity) {
    await out.text(copied.map((one) => lineOf(one, one.to)).join("\n"));
  }
  if (out.json) {
    await out.result({
      to: formatReference(to),
      copied: copied.map(({ verdict, ...one }) => ({
        ...one,
        ...verdict !== undefined && { signer: signerOf(verdict) },
      })),
      failed,
    });
  }
  if (first !== undefined) {
    const { length } = failed;
    const what = `${length} of ${length + copied.length} artifacts ${
      length === 1 ? "was" : "were"
    }`;
    throw notAll(first, length, `${what} not copied`);
  }
  await report.done(async (took) => {
    const { amountText } = await import("../../terminal/summary.ts");
    const sum = (amount: (one: CopyResult) => number) =>
      copied.reduce((all, one) => all + amount(one), 0);
    const blobs = sum((one) => one.blobs.copied);
    const sent = blobs === 0
      ? "nothing to send"
      : `${amountText(blobs, "blob")}, ${formatSize(sum((one) => one.bytes))}`;
    const referrers = sum((one) => one.referrers);
    const along = referrers === 0 ? "" : ` and ${amountText(referrers, "referrer")}`;
    return `Copied ${amountText(copied.length, "artifact")} to ${formatReference(to)}: ` +
      `${sent}${along} ${took}`;
  });
}

/** Begins the copy: of everything that has a tag, or of what was named, each with what rules and flags demand. */
async function begin(context: Context, to: Reference): Promise<AsyncIterable<CopyOutcome>> {
  const { settings, args } = context;
  const ifAbsent = settings.get("ifAbsent");
  if (settings.get("allTags")) {
    if (args.length > 2) {
      throw new BlobberError("usage", "--all-tags copies one repository to another", {
        hint: "usage: blobber copy --all-tags FROM TO",
      });
    }
    const from = repositoryIn(args[0]!);
    const options = optionsOf(await readOptions(context, args[0]!));
    return (await makeClient(context)).copyAll({ tagsOf: from }, to, { ...options, ifAbsent });
  }
  const sources: CopyFrom[] = [];
  for (const text of args.slice(0, -1)) {
    const from = parseReference(text);
    const { verifier, layoutPath } = await readOptions(context, text);
    sources.push({ from, verifier, layoutPath });
  }
  const { report, signal } = context;
  const options = { ...report.observer(signal), platform: platformOf(settings), ifAbsent };
  return (await makeClient(context)).copyAll(sources, to, options);
}

/** What of the options of a reading call is one of a copy of all tags. */
function optionsOf(options: Awaited<ReturnType<typeof readOptions>>) {
  const { verifier, layoutPath, platform, onProgress, onNotice, signal } = options;
  return { verifier, layoutPath, platform, onProgress, onNotice, signal };
}

/** A reference without tag and digest. */
function repositoryIn(text: string): Reference {
  const reference = parseReference(text);
  const { tag, digest } = reference;
  if (tag === undefined && digest === undefined) return reference;
  throw new BlobberError("usage", `${quote(text)} is not a repository`, {
    hint: `leave out the ${
      digest === undefined ? "tag" : "digest"
    }: each of several artifacts keeps its own tag`,
  });
}

function lineOf({ digest }: CopyResult, to: string): string {
  return to.endsWith(`@${digest}`) ? printable(to) : `${digest} ${printable(to)}`;
}
