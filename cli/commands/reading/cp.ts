/**
 * `cp REF PATH DEST`.
 *
 * @module
 */

import { printable, quote } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { copyTarget, writeStream } from "../../library/user_paths.ts";
import { formatSize } from "../../line/values.ts";
import { readOptions } from "../../trust/reading.ts";

/** Copies one file to disk. */
export async function runCp(context: Context): Promise<void> {
  const { out } = context;
  const [ref, path, destination] = context.args as [string, string, string];
  const reference = parseReference(ref);
  const target = copyTarget(destination, path);
  const image = await (await makeClient(context)).openImage(
    reference,
    await readOptions(context, ref),
  );
  try {
    const stream = await image.open(path);
    const { mode } = await image.stat(path, { follow: true });
    const size = await writeStream(target.path, stream, {
      mode: mode & 0o777,
      allowShared: context.settings.get("allowSharedDirectories"),
    });
    await out.result({
      reference: formatReference(reference),
      digest: image.digest,
      path,
      destination: target.real,
      size,
    });
    await context.report.done((took) =>
      `Copied ${quote(path)} to ${printable(target.real)}: ${formatSize(size)} ${took}`
    );
  } finally {
    await image.close();
  }
}
