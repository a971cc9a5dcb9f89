/**
 * `digest DIR|REF`.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { quote } from "@blobber/core/internal/printable";
import { formatReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { referenceIn } from "../../library/directory_or_reference.ts";
import { ignoreOptions, packOptions } from "../../library/packing.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { checkDirectory } from "../../library/user_paths.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../../settings/table.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";

/** What is of no use where nothing is packed into an artifact. */
const PACKING: readonly SettingName[] = [
  "compression",
  "reproducible",
  "artifactType",
  "annotationFile",
  "annotations",
  "layerMediaType",
  "keepMtime",
  "allowSecrets",
];
/** What decides which files of a directory count. */
const CHOOSING: readonly SettingName[] = ["exclude", "include", "ignoreFile"];
/** What is of no use where nothing is read from an artifact. */
const READING: readonly SettingName[] = [
  "expect",
  "special",
  ...SETTING_NAMES.filter((name) => settingOf(name).group === "verification"),
];

/** Prints the digest of a directory or an artifact, or of the tree in it. */
export async function runDigest(context: Context): Promise<void> {
  const text = context.args[0]!;
  const reference = referenceIn(text);
  const { settings } = context;
  const tree = settings.get("tree");
  if (reference === undefined) {
    refuseFlags(settings, READING, `${quote(text)} is a directory`);
    checkDirectory(text);
    return await (tree ? treeOfDirectory(context, text) : digestOfDirectory(context, text));
  }
  refuseFlags(settings, [...PACKING, ...CHOOSING], `${quote(text)} is an artifact`);
  if (!tree) {
    refuseFlags(settings, ["special"], "only the digest of a tree, --tree, looks at files");
  }
  await digestOfArtifact(context, text, { reference, tree });
}

async function digestOfDirectory(context: Context, directory: string): Promise<void> {
  const { settings, out } = context;
  const { digest, tree, layer } = await (await makeClient(context)).digest({ directory }, {
    ...context.report.observer(context.signal),
    ...await packOptions(context, directory),
    allowSecrets: settings.get("allowSecrets"),
  });
  await out.result({ directory, digest, tree, entries: layer.entries }, digest);
}

async function treeOfDirectory(context: Context, directory: string): Promise<void> {
  refuseFlags(
    context.settings,
    [...PACKING, "platform"],
    "it does not change the digest of a tree",
  );
  const { tree, entries } = await (await makeClient(context)).treeDigest(
    { directory },
    { ...context.report.observer(context.signal), ...ignoreOptions(context) },
  );
  await context.out.result({ directory, tree, entries }, tree);
}

async function digestOfArtifact(
  context: Context,
  text: string,
  { reference, tree }: { reference: Reference; tree: boolean },
): Promise<void> {
  const client = await makeClient(context);
  const options = await readOptions(context, text);
  const names = { reference: formatReference(reference) };
  if (tree) {
    const special = context.settings.get("special");
    const found = await client.treeDigest(reference, { ...options, special });
    const { digest, entries, verdict } = found;
    return await context.out.result(
      { ...names, digest, tree: found.tree, entries, ...await signerField(verdict) },
      found.tree,
    );
  }
  const image = await client.openImage(reference, options);
  try {
    const { digest, verdict } = image;
    await context.out.result({ ...names, digest, ...await signerField(verdict) }, digest);
  } finally {
    await image.close();
  }
}
