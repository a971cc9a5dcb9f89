/**
 * `push DIR|FILE… REF`.
 *
 * @module
 */

import type { PushInput, PushOptions } from "@blobber/core";
import { formatReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { packing } from "../../library/packing.ts";
import { madeOf } from "../../library/made.ts";
import { pushedInput, pushedTo } from "../../library/pushed_input.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import type { SettingName } from "../../settings/table.ts";
import { notedSigner } from "../../signing/noted.ts";
import { makeSigner } from "../../signing/signer.ts";
import { stdin } from "../../machine.ts";

/** What leaves files of a directory out. */
const OF_DIRECTORIES: readonly SettingName[] = ["exclude", "include", "ignoreFile"];

/** What says how a layer is packed, and nothing about files that are layers themselves. */
const OF_ARCHIVES: readonly SettingName[] = [
  "compression",
  "reproducible",
  "layerMediaType",
  "keepMtime",
  "platform",
  "maxEntries",
  "maxBytes",
];

/** Pushes a directory, files or a tar, and prints the manifest's digest. */
export async function runPush(context: Context): Promise<void> {
  const { settings, out } = context;
  const reference = pushedTo(context.args);
  const given = pushedInput(context.args.slice(0, -1));
  const key = settings.get("signKey");
  const { options: packOptions, packed } = await packing(context, given);
  const options: PushOptions = {
    ...context.report.observer(context.signal),
    ...packOptions,
    tags: settings.get("tags"),
    ifAbsent: settings.get("ifAbsent"),
    refuse: key === undefined ? [] : [key],
    allowSecrets: settings.get("allowSecrets"),
  };
  if (packed === "stdin" || !("directory" in packed)) {
    refuseFlags(settings, OF_DIRECTORIES, "only of a directory files are left out");
  }
  if (packed !== "stdin" && "files" in packed) {
    refuseFlags(settings, OF_ARCHIVES, "files are pushed as they are");
    options.layerMediaType = undefined; // which a file of settings may say for directories
  }
  const input: PushInput = packed === "stdin" ? { tar: stdin.readable } : packed;
  if (settings.get("dryRun")) {
    const { rehearsePush } = await import("./dry_run.ts");
    return await rehearsePush(context, input, reference, options);
  }
  const { signer, signedBy } = notedSigner(await makeSigner(context));
  const client = await makeClient(context);
  const result = await client.push(input, reference, { ...options, signer });
  const { digest, files, bytes, tags, signature } = result;
  await out.result({
    reference: formatReference(reference),
    ...madeOf(result),
    tags,
    ...signature !== undefined && { signature },
  }, digest);
  await context.report.done(async (took) => {
    const { filesText } = await import("../../terminal/summary.ts");
    const what = `${formatReference(reference)}: ${filesText(files, bytes)}`;
    const by = await signedBy();
    return `Pushed ${what} ${took}${by === undefined ? "" : `, signed by ${by}`}`;
  });
}
