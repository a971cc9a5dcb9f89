/**
 * Reads a layer that is a file. Its digest is of all of it: the whole is downloaded and checked before a
 * byte is handed out, in memory when it is small, else in a private temporary file.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import type { Source } from "../../store.ts";
import { byteStream, streamOf } from "../../system/streams.ts";
import type { Descriptor } from "../../types.ts";
import { CheckedReader, readChecked } from "../../checked_content.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";

/** Bytes that are kept in memory. */
const IN_MEMORY_BYTES = 8 * 1024 * 1024;
/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;

/**
 * The checked bytes of a layer.
 *
 * @param source where it is
 * @param layer the layer
 * @param signal stops the download, and what is read of it
 * @throws {BlobberError} `integrity`, `file-system`, and what the source throws
 */
export async function readWholeFile(
  source: Source,
  layer: Descriptor,
  signal: AbortSignal,
  observer: Observer,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { size, digest } = layer;
  const expected = { size, digest, name: `layer ${digest}` };
  const stream = await source.fetch(layer, { signal });
  if (size <= IN_MEMORY_BYTES) return streamOf(await readChecked(stream, expected, size));
  notify(observer, {
    level: "debug",
    code: "whole-download",
    message:
      `the layer ${digest} is a file, whose digest is of all of it, so its ${size} bytes are ` +
      "downloaded before any is used",
  });
  const file = new TemporaryFile();
  const close = () => file.close();
  try {
    const reader = new CheckedReader(stream, expected);
    let done = 0;
    for (let scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);;) {
      const bytes = await reader.read(scratch);
      if (bytes === undefined) break;
      file.write(bytes);
      done += bytes.length;
      scratch = bytes.buffer.byteLength > 0 ? bytes.buffer : new ArrayBuffer(SCRATCH_BYTES);
      const finished = done === size;
      observer.onProgress?.({ phase: "download", done, total: size, unit: "bytes", finished });
    }
    signal.throwIfAborted();
  } catch (error) {
    close();
    throw error;
  }
  signal.addEventListener("abort", close, { once: true });
  let at = 0;
  return byteStream((into) => {
    if (signal.aborted) throw new BlobberError("closed", "the image is closed");
    const read = file.read(into.subarray(0, Math.min(into.length, size - at)), at);
    at += read;
    return read;
  }, () => {
    signal.removeEventListener("abort", close);
    close();
  });
}
