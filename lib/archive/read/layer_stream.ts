/**
 * Reads a layer from its first byte to its last: checked against its digest, decompressed, as a tar. For
 * layers without a table, and for everything that others have made.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { SURPRISING_DOWNLOAD_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import type { Observer } from "../../events.ts";
import { notify } from "../../events.ts";
import type { Descriptor } from "../../types.ts";
import { checkDigest, CheckedReader } from "../../checked_content.ts";
import { Decompressor, type LayerFormat, sniff } from "../compression/decompress.ts";
import { FOOTER_BYTES, parseFooter } from "../table/footer_reader.ts";
import { Growth } from "../growth.ts";
import { formatOf } from "./layer_kind.ts";
import { Pace } from "../../system/pace.ts";
import { type TarHandler, TarReader } from "../tar/tar_reader.ts";

/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;
/** Compressed bytes given to the decompressor at once, so that even a bomb keeps no thread for long. */
const SLICE_BYTES = 16 * 1024;

/** How to read. */
export interface LayerStreamOptions extends Observer {
  /** The digest of the tar that the config states, if it does. */
  diffId?: Digest | undefined;
  /** Counts what the layer's bytes become. @default one for this layer alone */
  growth?: Growth | undefined;
  /** Counts the steps of the handler too, where they are more than one for each entry. */
  pace?: Pace | undefined;
  /** Called with the bytes of the layer read so far. */
  onBytes?: ((read: number) => void) | undefined;
  /** Called with plain bytes before the tar reader sees them, and with the bytes of the layer read so far. */
  onPlain?: ((bytes: Uint8Array, read: number) => void) | undefined;
}

/** What was found at the end. */
export interface LayerStreamResult {
  /** Whether the layer ends as one with a table does: its last entry may be the table. */
  hasTable: boolean;
}

/**
 * Reads a layer.
 *
 * What the handler is told is not checked against the layer's digest before this has returned: nothing
 * may be handed on until then.
 *
 * @param stream the layer
 * @param layer what it must be
 * @param handler is told of the entries
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`
 */
export async function readLayer(
  stream: ReadableStream<Uint8Array>,
  layer: Descriptor,
  handler: TarHandler,
  options: LayerStreamOptions = {},
): Promise<LayerStreamResult> {
  const name = `layer ${layer.digest}`;
  const reader = new CheckedReader(stream, { size: layer.size, digest: layer.digest, name });
  const { pace = new Pace(options.signal) } = options;
  const tar = new TarReader(handler);
  const { growth = new Growth() } = options;
  const isKnown = formatOf(layer.mediaType) !== undefined;
  const diffId = options.diffId === undefined ? undefined : new Digester();
  let read = 0;
  let tail = new Uint8Array(0);
  const decompressor = new Decompressor();
  const take = async (plain: Uint8Array) => {
    growth.make(plain.length);
    diffId?.update(plain);
    options.onPlain?.(plain, read);
    for (let at = 0; at < plain.length;) {
      at = tar.writeSome(plain, at);
      if (pace.due()) await pace.breathe();
    }
  };
  let scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);
  try {
    for (;;) {
      const bytes = await reader.read(scratch);
      if (bytes === undefined) break;
      if (read === 0) tellFormat(sniff(bytes), layer, options);
      tail = lastBytes(tail, bytes);
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        const slice = bytes.subarray(at, at + SLICE_BYTES);
        read += slice.length;
        growth.receive(slice.length);
        for (const plain of decompressor.write(slice)) await take(plain);
        await pace.breathe();
      }
      options.onBytes?.(read);
      scratch = bytes.buffer.byteLength >= SCRATCH_BYTES
        ? bytes.buffer
        : new ArrayBuffer(SCRATCH_BYTES);
    }
    decompressor.end();
    tellEnd(tar.end(), layer, options);
    checkDiffId(diffId?.digest(), options.diffId, layer);
  } catch (error) {
    if (isKnown || layer.size <= SURPRISING_DOWNLOAD_BYTES) {
      throw notAnArchive(await reader.explain(error), layer);
    }
    // Not worth the rest of what is no archive at all: models have gigabytes.
    await reader.cancel(error);
    throw notAnArchive(error, layer);
  }
  return { hasTable: parseFooter(tail, layer.size) !== undefined };
}

/** Says what a layer is by its type, where that is nothing that is known to be an archive. */
function notAnArchive(error: unknown, { digest, mediaType }: Descriptor): unknown {
  if (!isBlobberError(error, "invalid-archive") || formatOf(mediaType) !== undefined) return error;
  return new BlobberError(
    "invalid-archive",
    `the layer ${digest} has the media type ${
      quote(mediaType)
    } and cannot be read as an archive: ` +
      error.message,
    { cause: error, hint: "only archives, and layers that name the file they are, hold files" },
  );
}

/** Tells when a layer is not what its media type says: labels lie, first bytes do not. */
export function tellFormat(found: LayerFormat, layer: Descriptor, observer: Observer): void {
  const promised = formatOf(layer.mediaType);
  if (promised === undefined || promised === found) return;
  notify(observer, {
    level: "debug",
    code: "layer-format",
    message: `the layer ${layer.digest} is ${found}, though its media type is ` +
      quote(layer.mediaType),
  });
}

/** Tells when a tar ends without the blocks that end one. That nothing was cut off, size and digest show. */
export function tellEnd(marked: boolean, layer: Descriptor, observer: Observer): void {
  if (marked) return;
  notify(observer, {
    level: "debug",
    code: "no-end-blocks",
    message:
      `the tar in the layer ${layer.digest} ends without the two blocks of zeros that end an archive`,
  });
}

function lastBytes(tail: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length >= FOOTER_BYTES) return bytes.slice(-FOOTER_BYTES);
  const joined = new Uint8Array(tail.length + bytes.length);
  joined.set(tail);
  joined.set(bytes, tail.length);
  return joined.slice(-FOOTER_BYTES);
}

/** A config that describes another tar than the layer holds. */
export function checkDiffId(
  actual: Digest | undefined,
  expected: Digest | undefined,
  layer: Descriptor,
): void {
  if (expected === undefined) return;
  checkDigest({
    actual,
    expected,
    name: `the tar in the layer ${layer.digest}`,
    stated: "which the config states as its DiffID",
  });
}
