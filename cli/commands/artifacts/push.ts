/**
 * `push DIR|FILE… REF`.
 *
 * @module
 */

import type { ClientOptions, PushInput, PushOptions, Reference } from "@blobber/core";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { type Packed, packing } from "../../library/packing.ts";
import { madeOf } from "../../library/made.ts";
import { pushedInput, pushedTo } from "../../library/pushed_input.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../../settings/table.ts";
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
  "base",
  "maxEntries",
  "maxBytes",
];

/** What says who must have signed: of the signature that a push makes, nothing is demanded here. */
const OF_BASES: readonly SettingName[] = [
  "verify",
  ...SETTING_NAMES.filter((name) => {
    const { demands, signs } = settingOf(name);
    return demands !== undefined && signs === undefined;
  }),
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
  const { verifier, ...base } = await baseOf(context, packed, reference);
  Object.assign(options, base);
  const input: PushInput = packed === "stdin" ? { tar: stdin.readable } : packed;
  if (settings.get("dryRun")) {
    const { rehearsePush } = await import("./dry_run.ts");
    return await rehearsePush(context, input, reference, { ...options, verifier });
  }
  const { signer, signedBy } = notedSigner(await makeSigner(context));
  const client = await makeClient(context, { verifier });
  const result = await client.push(input, reference, { ...options, signer });
  const { digest, files, bytes, tags, signature } = result;
  await out.result({
    reference: formatReference(reference),
    ...madeOf(result),
    tags,
    ...signature !== undefined && { signature },
  }, digest);
  await context.report.done(async (took) => {
    const { filesText, sentText } = await import("../../terminal/summary.ts");
    const sent = "base" in result ? sentText(result.base) : "";
    const what = `${formatReference(reference)}: ${filesText(files, bytes)}${sent}`;
    const by = await signedBy();
    return `Pushed ${what} ${took}${by === undefined ? "" : `, signed by ${by}`}`;
  });
}

/** What the push builds on, and who may have signed that. */
async function baseOf(
  context: Context,
  packed: Packed,
  reference: Reference,
): Promise<Pick<PushOptions, "base"> & Pick<ClientOptions, "verifier">> {
  const { settings } = context;
  const base = settings.get("base");
  if (base === undefined) {
    refuseFlags(settings, OF_BASES, "a push reads no artifact but that of --base");
    return {};
  }
  if (packed === "stdin") {
    refuseFlags(settings, ["base"], "only a directory is compared with a base");
  }
  const { verifiersOf } = await import("../../trust/reading.ts");
  const named = base === "auto" ? reference : parseReference(base);
  return { base: base === "auto" ? base : named, verifier: await verifiersOf(context, named) };
}
