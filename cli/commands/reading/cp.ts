/**
 * `cp REF PATH… DEST`.
 *
 * @module
 */

import type { Entry, Image } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { counted, printable, quote } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { formatSize } from "../../line/values.ts";
import { copyTarget, copyTargets, refuseStream, writeStream } from "../../library/user_paths.ts";
import { readOptions } from "../../trust/reading.ts";

/** Copies files to disk. Nothing is written before all of them were found, and all places looked at. */
export async function runCp(context: Context): Promise<void> {
  const { out, settings } = context;
  const ref = context.args[0]!;
  const paths = context.args.slice(1, -1);
  const destination = context.args.at(-1)!;
  refuseStream(destination, "cat writes files to stdout; ./- is a file named -");
  const reference = parseReference(ref);
  const image = await (await makeClient(context)).openImage(
    reference,
    await readOptions(context, ref),
  );
  try {
    const { files, isOne } = await filesOf(image, paths, context);
    const targets = isOne ? [copyTarget(destination, files[0]!)] : copyTargets(destination, files);
    const written: { path: string; destination: string; size: number }[] = [];
    for await (const { path, entry, stream } of image.files(files, { signal: context.signal })) {
      const target = targets[written.length]!;
      const size = await writeStream(target.path, stream, {
        mode: entry.mode & 0o777,
        allowShared: settings.get("allowSharedDirectories"),
      });
      written.push({ path, destination: target.real, size });
    }
    await out.result({
      reference: formatReference(reference),
      digest: image.digest,
      ...isOne ? written[0] : { files: written },
    });
    const bytes = formatSize(written.reduce((sum, { size }) => sum + size, 0));
    const what = isOne
      ? `${quote(files[0]!)} to ${printable(targets[0]!.real)}`
      : `${counted(files.length, "file")} to ${printable(destination)}`;
    await context.report.done((took) => `Copied ${what}: ${bytes} ${took}`);
  } finally {
    await image.close();
  }
}

/** The paths of the files that are copied, each once, and whether one path names the only one. */
async function filesOf(
  image: Image,
  paths: readonly string[],
  { report, signal }: Context,
): Promise<{ files: string[]; isOne: boolean }> {
  const files = new Set<string>();
  const directories: string[] = [];
  let isOne = paths.length === 1;
  for (const given of paths) {
    const { exact, entries } = await image.find(given, { signal });
    isOne &&= exact;
    let some = exact;
    for (const { path, entry } of entries) {
      if (!exact && await isDirectory(image, entry)) directories.push(path);
      else {
        files.add(path);
        some = true;
      }
    }
    if (some) continue;
    throw new BlobberError("usage", `${quote(given)} matches directories alone, expected files`, {
      hint: "list them to see what is in them",
    });
  }
  if (directories.length > 0) {
    const more = directories.length === 1 ? "" : ` and ${directories.length - 1} more`;
    const what = directories.length === 1 ? "a directory is" : "directories are";
    report.warn("directories", `${what} left out: ${quote(directories[0]!)}${more}`);
  }
  return { files: [...files], isOne };
}

async function isDirectory(image: Image, { path, type }: Entry): Promise<boolean> {
  if (type !== "symlink") return type === "directory";
  return (await image.stat(path, { follow: true })).type === "directory";
}
