/**
 * `push DIR REF`.
 *
 * @module
 */

import type { PushOptions, Reference } from "@blobber/core";
import { formatReference, parseReference } from "@blobber/core/reference";
import { checkDirectory } from "../../library/user_paths.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { packOptions } from "../../library/packing.ts";
import { notedSigner } from "../../signing/noted.ts";
import { makeSigner } from "../../signing/signer.ts";

/** Pushes a directory and prints the manifest's digest. */
export async function runPush(context: Context): Promise<void> {
  const { settings, out } = context;
  const [directory, ref] = context.args as [string, string];
  const reference = parseReference(ref);
  const key = settings.get("signKey");
  const options: PushOptions = {
    ...context.report.observer(context.signal),
    ...packOptions(context),
    tags: settings.get("tags"),
    ifAbsent: settings.get("ifAbsent"),
    refuse: key === undefined ? [] : [key],
    allowSecrets: settings.get("allowSecrets"),
  };
  checkDirectory(directory);
  if (settings.get("dryRun")) return await rehearse(context, directory, reference, options);
  const { signer, signedBy } = notedSigner(await makeSigner(context));
  const result = await (await makeClient(context)).push({ directory }, reference, {
    ...options,
    signer,
  });
  const { digest, mediaType, size, layer, files, bytes, tree, tags, signature } = result;
  await out.result({
    reference: formatReference(reference),
    digest,
    mediaType,
    size,
    layer,
    files,
    bytes,
    tree,
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

async function rehearse(
  context: Context,
  directory: string,
  reference: Reference,
  options: PushOptions,
): Promise<void> {
  const { rehearsePush } = await import("./dry_run.ts");
  await rehearsePush(context, directory, reference, options);
}
