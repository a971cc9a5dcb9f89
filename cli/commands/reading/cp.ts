/**
 * `cp REF PATH… DEST`.
 *
 * @module
 */

import type { Entry, Image } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { counted, printable, quote } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { formatSize } from "../../line/values.ts";
import { copyTarget, copyTargets, refuseStream, writeStream } from "../../library/user_paths.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";
import type { Copying, Wanted } from "./copying.ts";

/** Copies files to disk. Nothing is written before all of them were found, and all places looked at. */
export async function runCp(context: Context): Promise<void> {
  const { settings, signal } = context;
  const ref = context.args[0]!;
  const destination = context.args.at(-1)!;
  refuseStream(destination, "cat writes files to stdout; ./- is a file named -");
  const reference = parseReference(ref);
  const client = await makeClient(context);
  const options = await readOptions(context, ref);
  const image = await client.openImage(reference, options);
  try {
    const wanted: Wanted[] = [];
    for (const given of context.args.slice(1, -1)) {
      wanted.push({ given, ...await image.find(given, { signal }) });
    }
    const copying = { client, reference, options, image, wanted, destination };
    if (settings.get("recursive") && wanted.some(holdsMore)) {
      const { copyTrees } = await import("./copy_trees.ts");
      return await copyTrees(context, copying);
    }
    await copyFiles(context, copying);
  } finally {
    await image.close();
  }
}

/** Whether there are directories among what a PATH stands for, or links, which are copied as links with them. */
function holdsMore({ entries }: Wanted): boolean {
  return entries.some(({ entry: { type } }) => type === "directory" || type === "symlink");
}

async function copyFiles(context: Context, copying: Copying): Promise<void> {
  const { reference, image, wanted, destination } = copying;
  const files = await filesOf(context, image, wanted);
  const isOne = wanted.length === 1 && wanted[0]!.exact;
  const targets = isOne ? [copyTarget(destination, files[0]!)] : copyTargets(destination, files);
  const written: { path: string; destination: string; size: number }[] = [];
  for await (const { path, entry, stream } of image.files(files, { signal: context.signal })) {
    const target = targets[written.length]!;
    const size = await writeStream(target.path, stream, {
      mode: entry.mode & 0o777,
      allowShared: context.settings.get("allowSharedDirectories"),
    });
    written.push({ path, destination: target.real, size });
  }
  await context.out.result({
    reference: formatReference(reference),
    digest: image.digest,
    ...await signerField(image.verdict),
    ...isOne ? written[0] : { files: written },
  });
  const bytes = formatSize(written.reduce((sum, { size }) => sum + size, 0));
  const what = isOne
    ? `${quote(files[0]!)} to ${printable(targets[0]!.real)}`
    : `${counted(files.length, "file")} to ${printable(destination)}`;
  await context.report.done((took) => `Copied ${what}: ${bytes} ${took}`);
}

/** The paths of the files, each once. Of what a pattern matches directories are left out, as `cp` does. */
async function filesOf(
  { report }: Context,
  image: Image,
  wanted: readonly Wanted[],
): Promise<string[]> {
  const files = new Set<string>();
  const directories: string[] = [];
  for (const { given, exact, entries } of wanted) {
    let some = false;
    for (const { path, entry } of entries) {
      if (!await isDirectory(image, entry)) {
        files.add(path);
        some = true;
      } else if (exact) {
        throw new BlobberError("usage", `${quote(path)} is a directory`, {
          hint: "directories are copied with --recursive",
        });
      } else directories.push(path);
    }
    if (some) continue;
    throw new BlobberError("usage", `${quote(given)} matches directories alone, expected files`, {
      hint: "directories are copied with --recursive",
    });
  }
  if (directories.length > 0) {
    const more = directories.length === 1 ? "" : ` and ${directories.length - 1} more`;
    const what = directories.length === 1 ? "a directory is" : "directories are";
    report.warn(
      "directories",
      `${what} left out without --recursive: ${quote(directories[0]!)}${more}`,
    );
  }
  return [...files];
}

async function isDirectory(image: Image, { path, type }: Entry): Promise<boolean> {
  if (type !== "symlink") return type === "directory";
  return (await image.stat(path, { follow: true })).type === "directory";
}
