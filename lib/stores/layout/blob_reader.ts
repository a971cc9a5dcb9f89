/**
 * Reads the blobs of a layout.
 *
 * @module
 */

import { contentMissing } from "../../artifact/content_missing.ts";
import { BlobberError } from "../../errors.ts";
import type { FetchOptions } from "../../store.ts";
import { openFile } from "../../system/disk.ts";
import { fileStream } from "../../system/file_stream.ts";
import type { Descriptor } from "../../types.ts";
import type { LayoutOpener } from "./layout_opener.ts";

/**
 * Opens a blob, or a range of it.
 *
 * @param layouts opens the layout that it is in
 * @throws {BlobberError} `not-found`, `range-not-supported`, `file-system`
 */
export function readBlob(
  layouts: LayoutOpener,
  target: Descriptor,
  { range, signal }: FetchOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const file = layouts.reading((layout) => {
    const path = layout.blob(target.digest);
    return path === undefined ? undefined : openFile(path);
  });
  if (file === undefined) throw contentMissing(target, layouts.name);
  const { start, end } = range ?? { start: 0, end: file.size };
  if (start < 0 || end < start || end > file.size) {
    file.close();
    throw new BlobberError(
      "range-not-supported",
      `bytes ${start} to ${end} of ${target.digest} in ${layouts.name} do not exist, ` +
        `expected at most ${file.size}`,
    );
  }
  return fileStream(file, { start, end }, signal);
}
