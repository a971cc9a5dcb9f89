/**
 * Finds and reads the blobs of a layout.
 *
 * @module
 */

import { lstatSync } from "node:fs";
import { contentMissing } from "../../artifact/content_missing.ts";
import { isDocumentType } from "../../artifact/manifest.ts";
import { BlobberError } from "../../errors.ts";
import type { FetchOptions } from "../../store.ts";
import { type DiskFile, openFile } from "../../system/disk.ts";
import { fileStream } from "../../system/streams.ts";
import type { Descriptor } from "../../types.ts";
import type { Lifetime } from "../../system/lifetime.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { IndexFile } from "./index_file.ts";
import type { LayoutOpener } from "./layout_opener.ts";

/**
 * Whether a blob is in a layout, or a manifest is in it and listed.
 *
 * @param layouts opens the layout
 * @throws {BlobberError} `invalid-manifest`, `file-system`
 */
export function hasContent(layouts: LayoutOpener, target: Descriptor): boolean {
  const layout = layouts.find();
  const path = layout?.blob(target.digest);
  try {
    if (layout === undefined || path === undefined) return false;
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size !== target.size) return false;
    if (!isDocumentType(target.mediaType)) return true;
    layouts.check(layout);
    return IndexFile.read(layout.index).listed(target.digest) !== undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return false;
    throw fileError("cannot read", path!, error);
  } finally {
    layout?.close();
  }
}

/** How a blob is read. */
export interface ReadBlobOptions extends FetchOptions {
  /** Of the store: with it the stream ends. */
  life: Lifetime;
}

/**
 * Opens a blob, or a range of it.
 *
 * @param layouts opens the layout that it is in
 * @throws {BlobberError} `not-found`, `range-not-supported`, `file-system`
 */
export function readBlob(
  layouts: LayoutOpener,
  target: Descriptor,
  { range, signal, life }: ReadBlobOptions,
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
  return fileStream(keptBy(life, file), { start, end }, signal);
}

/** A file that is closed when the store is. */
function keptBy(life: Lifetime, file: DiskFile): DiskFile {
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  const ended = life.keep(close);
  return {
    size: file.size,
    read: (into, position) => {
      life.check();
      return file.read(into, position);
    },
    close: () => {
      ended();
      close();
    },
  };
}
