/**
 * Makes a layer with a table of contents, for programs that write their own manifests.
 *
 * @module
 */

import { theirsUntil } from "../../caller_errors.ts";
import type { Digest } from "../../digest.ts";
import { layerOptions } from "../../doors/options.ts";
import { BlobberError } from "../../errors.ts";
import type { Compression, PackLimits } from "../../options.ts";
import type { CallOptions } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { VerbCall } from "../../verb_call.ts";
import { checkPullable } from "../allowance.ts";
import { compressionOf, type Encoder } from "../compression/encoder.ts";
import { type LayerInput, takenLayer } from "./layer_input.ts";
import { Crew, type PackThreads } from "../pack/crew.ts";
import { Packer } from "../pack/pack.ts";
import { packEntries, packTar } from "../pack/pack_input.ts";
import { tableAnnotations } from "../pack/table_annotations.ts";

/** Takes bytes of a layer, in order. They may be reused once it returns, or once its promise resolves. */
export type WriteLayer = (bytes: Uint8Array) => unknown;

/** Options of {@linkcode packLayer}. */
export interface PackLayerOptions extends CallOptions, PackLimits {
  /** How it is compressed. @default "gzip" */
  compression?: Compression | undefined;
  /** Compress into the same bytes in every runtime and version; for gzip only. @default false */
  reproducible?: boolean | undefined;
  /** Keep each entry's modification time instead of `mtime`. @default false */
  keepMtime?: boolean | undefined;
  /** Modification time of every entry, in seconds since 1970. @default 0 */
  mtime?: number | undefined;
}

/** A layer that was made. */
export interface NewLayer {
  /** What a manifest says of it: type, digest, size, and the annotations that name its table. */
  descriptor: Descriptor;
  /** Digest of its tar, which an image config states. */
  diffId: Digest;
  /** Digest of the tree in it. */
  tree: Digest;
  /** Entries in its table. */
  entries: number;
  /** Files among them, hard links included. */
  files: number;
  /** Bytes of the files. */
  bytes: number;
}

/**
 * Packs a layer on the calling thread: eStargz with gzip, zstd:chunked with zstd. The same input and options give
 * the same digest in the same runtime, and with `reproducible` in every one. No secrets are looked for, and no
 * ignore file counts: what you give is packed.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@blobber/core";
 * import { openLayer, packLayer } from "@blobber/core/estargz";
 *
 * const store = new MemoryStore();
 * const content = new TextEncoder().encode("hello\n");
 * const blob = await store.begin("application/vnd.oci.image.layer.v1.tar+gzip");
 * const { descriptor } = await packLayer(
 *   { entries: [{ type: "file", path: "hello.txt", content }] },
 *   (bytes) => blob.write(bytes),
 * );
 * await blob.commit(descriptor);
 *
 * const layer = await openLayer(store, descriptor);
 * if (layer?.entry("hello.txt")?.size !== 6) throw new Error("expected a file of 6 bytes");
 * ```
 *
 * @param input what goes in, in the order that the layer is to have
 * @param write takes the layer's bytes; what it throws ends the packing, and comes out of it
 * @param options how it is made
 * @throws {BlobberError} `invalid-option`, `invalid-archive`, `path-traversal`, `source-changed` for an entry with
 * less content than it says, `limit` for more than a pull accepts by default
 */
export async function packLayer(
  input: LayerInput,
  write: WriteLayer,
  options: PackLayerOptions = {},
): Promise<NewLayer> {
  const { signal, compression = "gzip", reproducible = false, ...how } = layerOptions(
    "packLayer",
    options,
  );
  const taken = takenLayer(input);
  if (typeof write !== "function") {
    throw new BlobberError("invalid-option", "cannot pack a layer: write is no function");
  }
  if (reproducible && compression !== "gzip") {
    throw new BlobberError(
      "invalid-option",
      `invalid compression: "${compression}", expected "gzip", the only one that is reproducible`,
    );
  }
  const encoder: Encoder = reproducible ? "gzip-1" : compression;
  const call = new VerbCall(signal);
  const crew = new Crew(NO_THREADS, 0);
  const packer = new Packer({
    encoder,
    runner: crew,
    batches: () => crew.batches,
    write: async (bytes) => void await theirsUntil(call.signal, () => write(bytes)),
    signal: call.signal,
  });
  return await call.run(async () => {
    try {
      const settings = { ...how, signal: call.signal };
      const packed = "tar" in taken
        ? await packTar(packer, taken.tar, settings)
        : await packEntries(packer, taken.entries, settings);
      const layer = await packer.finish();
      checkPullable(packed, layer.size, settings);
      const { digest, size, diffId, tree, entries } = layer;
      const mediaType = compressionOf(encoder) === "zstd"
        ? MEDIA_TYPE.layerZstd
        : MEDIA_TYPE.layerGzip;
      const annotations = tableAnnotations(layer, encoder);
      const { files, bytes } = packed;
      return {
        descriptor: { mediaType, digest, size, annotations },
        diffId,
        tree,
        entries,
        files,
        bytes,
      };
    } finally {
      await crew.close();
      await packer.settle();
    }
  });
}

/** Threads are a client's: here the calling one packs. */
const NO_THREADS: PackThreads = {
  threads: 0,
  hasRoom: false,
  share: (_together, least) => least,
  run: () => Promise.reject(new BlobberError("closed", "there are no threads")),
  giveUp: () => Promise.resolve(),
};
