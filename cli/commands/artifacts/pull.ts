/**
 * `pull REF DIR`, and where it goes to a tar.
 *
 * @module
 */

import type { PullOptions, PullResult } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Pulls an artifact into a directory, and prints nothing; or into a tar. */
export async function runPull(context: Context): Promise<void> {
  const { settings, out } = context;
  const [ref, directory] = context.args as [string, string | undefined];
  const place = placeOf(directory, settings.get("toTar"));
  const reference = parseReference(ref);
  if ("tar" in place) {
    refuseFlags(settings, OF_DIRECTORIES, "a tar is written anew");
    (await import("./pull_tar.ts")).checkTarPlace(context, place.tar);
  }
  checkDelete(settings);
  const options: PullOptions = {
    ...await readOptions(context, ref),
    include: settings.get("include"),
    exclude: settings.get("exclude"),
    stripComponents: settings.get("stripComponents"),
    overwrite: settings.get("overwrite"),
    delete: settings.get("delete"),
    dryRun: settings.get("dryRun"),
    trustMtime: settings.get("trustMtime"),
    links: settings.get("links"),
    special: settings.get("special"),
    receipt: settings.get("receipt"),
  };
  const client = await makeClient(context);
  if ("tar" in place) {
    const { pullToTar } = await import("./pull_tar.ts");
    const {
      delete: _,
      dryRun: __,
      trustMtime: ___,
      overwrite: ____,
      receipt: _____,
      ...tarOptions
    } = options;
    const result = await pullToTar(
      context,
      place.tar,
      async (sink) => await client.pull(reference, sink, { ...tarOptions, to: "tar" }),
    );
    if (place.tar !== "-") await out.result(documentOf(result, { file: place.tar }));
    return await sumUp(place.tar === "-" ? "standard output" : place.tar, result);
  }
  const result = await client.pull(reference, place.directory, options);
  const { preview, changes } = result;
  if (preview !== undefined && !out.json) {
    const { previewText } = await import("./pull_preview.ts");
    return await out.text(previewText(preview, changes!));
  }
  await out.result(documentOf(result, place));
  if (preview === undefined) await sumUp(place.directory, result);

  function documentOf(result: PullResult, where: { directory: string } | { file: string }) {
    const { digest, entries, files, bytes, changes, preview, fetched, reused, verdict } = result;
    return {
      reference: formatReference(reference),
      digest,
      ...where,
      entries,
      files,
      bytes,
      ...changes !== undefined && { changes },
      ...preview !== undefined && { preview },
      fetched,
      reused,
      ...verdict !== undefined && { signer: signerOf(verdict) },
    };
  }

  async function sumUp(where: string, result: PullResult) {
    const { files, bytes, changes, fetched, reused, verdict } = result;
    await context.report.done(async (took) => {
      const [{ filesText, signedBySuffix }, { formatSize }] = await Promise.all([
        import("../../terminal/summary.ts"),
        import("../../line/values.ts"),
      ]);
      const again = reused === 0 ? "" : `, ${formatSize(reused)} from the cache`;
      const changed = changes && settings.get("overwrite")
        ? `: ${(await import("./pull_preview.ts")).changesText(changes)}`
        : "";
      return `Pulled ${formatReference(reference)} into ${printable(where)}: ` +
        `${filesText(files, bytes)} ${took}${changed}, ${formatSize(fetched)} fetched${again}` +
        signedBySuffix(verdict);
    });
  }
}

/** Flags that are about a directory that is there. */
const OF_DIRECTORIES = ["delete", "dryRun", "receipt", "trustMtime"] as const;

/** What is removed is told by a whole artifact alone, in a directory that it takes for its own. */
function checkDelete(settings: Context["settings"]): void {
  if (!settings.get("delete")) return;
  if (!settings.get("overwrite")) {
    throw new BlobberError("usage", "--delete needs --overwrite", {
      hint: "with both, the directory becomes what the artifact holds",
    });
  }
  refuseFlags(
    settings,
    ["include", "exclude", "stripComponents"],
    "with --delete the whole artifact is pulled",
  );
}

/** Where an artifact goes: one of the two ways to say it. */
function placeOf(
  directory: string | undefined,
  toTar: string | undefined,
): { directory: string } | { tar: string } {
  if (directory !== undefined && toTar !== undefined) {
    throw new BlobberError(
      "usage",
      "a directory and --to-tar were both given, expected one of them",
    );
  }
  if (toTar !== undefined) return { tar: toTar };
  if (directory === "-") return { tar: "-" };
  if (directory !== undefined) return { directory };
  throw new BlobberError("usage", "missing DIR", {
    hint: "usage: blobber pull REF DIR; - in its place writes a tar to standard output",
  });
}
