/**
 * Reads a layer that is a file. Its digest is of all of it: the whole is downloaded and checked before a
 * byte is handed out, in memory when it is small, else in a private temporary file. So it is for a part of it
 * too; what was downloaded is kept for the next reader.
 *
 * @module
 */

import { checkAborted } from "../../errors.ts";
import { notify, type Observer, reportPart } from "../../events.ts";
import { SMALL_FILE_BYTES } from "../../limits.ts";
import type { ByteRange } from "../../store.ts";
import { type DiskFile, fileOf } from "../../system/disk.ts";
import type { Descriptor } from "../../types.ts";
import { CheckedReader, readChecked } from "../../checked_content.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";
import type { TiedSignal } from "../../system/tied_signal.ts";
import type { ContentSource } from "./content.ts";
import type { Kept } from "./kept_files.ts";

/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;

/** How to read such a layer. */
export interface WholeFileOptions {
  range: ByteRange;
  /** Where it is kept. */
  kept: Kept;
  /** Stops this reader. */
  tied: TiedSignal;
  /** Told of the download. */
  observer: Observer;
}

/**
 * The checked bytes of a layer.
 *
 * @param source where it is
 * @param layer the layer
 * @throws {BlobberError} `integrity`, `file-system`, and what the source throws
 */
export async function readWholeFile(
  source: ContentSource,
  layer: Descriptor,
  { range, kept, tied, observer }: WholeFileOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { size, digest } = layer;
  const isSmall = size <= SMALL_FILE_BYTES;
  const make = (stop: AbortSignal) =>
    isSmall ? inMemory(source, layer, stop) : onDisk(source, layer, { ...observer, signal: stop });
  const wanted = { key: digest, size, make };
  return await (isSmall ? kept.inMemory : kept.onDisk).open(wanted, range, tied);
}

async function inMemory(
  source: ContentSource,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<DiskFile> {
  const stream = await source.fetch(layer, { signal });
  return fileOf(await readChecked(stream, expectedOf(layer), SMALL_FILE_BYTES));
}

async function onDisk(
  source: ContentSource,
  layer: Descriptor,
  observer: Observer & { signal: AbortSignal },
): Promise<TemporaryFile> {
  const { size, digest } = layer;
  const { signal } = observer;
  const stream = await source.fetch(layer, { signal });
  notify(observer, {
    level: "debug",
    code: "whole-download",
    message:
      `the layer ${digest} is a file, whose digest is of all of it, so its ${size} bytes are ` +
      "downloaded before any is used",
  });
  const file = new TemporaryFile();
  const progress = { phase: "download", part: digest, total: size, unit: "bytes" } as const;
  let done = 0;
  try {
    const reader = new CheckedReader(stream, expectedOf(layer));
    for (let scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);;) {
      const bytes = await reader.read(scratch);
      if (bytes === undefined) break;
      file.write(bytes);
      done += bytes.length;
      scratch = bytes.buffer.byteLength > 0 ? bytes.buffer : new ArrayBuffer(SCRATCH_BYTES);
      reportPart(observer, { ...progress, done, finished: done === size });
    }
    checkAborted(signal);
    return file;
  } catch (error) {
    file.close();
    reportPart(observer, { ...progress, done, finished: false, brokenOff: true });
    throw error;
  }
}

function expectedOf({ size, digest }: Descriptor) {
  return { size, digest, name: `layer ${digest}` };
}
