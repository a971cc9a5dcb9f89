/**
 * The documents of a pushed image: its config, and its manifest with one layer.
 *
 * @module
 */

import type { Encoder } from "../../archive/compression/encoder.ts";
import type { KnownLayer } from "../../stores/cache/push_index.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { counted } from "../../text/printable.ts";
import {
  ANNOTATION,
  type Descriptor,
  type Manifest,
  MEDIA_TYPE,
  type Platform,
} from "../../types.ts";

const PLATFORM: Platform = { os: "linux", architecture: "amd64" };

/** The image config: only what the digest of the content decides, so that it is the same everywhere. */
export function configDocument(layer: KnownLayer, platform: Platform = PLATFORM): Uint8Array {
  const { architecture, os, variant } = platform;
  return json({
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...(platform["os.version"] !== undefined && { "os.version": platform["os.version"] }),
    config: {},
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
}

/** What a manifest lists. */
export interface ManifestContent {
  /** The config. */
  config: Descriptor;
  /** The layer. */
  layer: KnownLayer;
  /** What made the layer. */
  encoder: Encoder;
  /** The layer's type. */
  mediaType: string;
  /** Further annotations of the manifest; their order does not matter. */
  annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * The manifest.
 *
 * @throws {BlobberError} `limit` for one that no pull would read
 */
export function manifestDocument(content: ManifestContent): Uint8Array {
  const { config, layer, encoder, mediaType } = content;
  const annotations = Object.entries({
    ...content.annotations,
    [ANNOTATION.treeDigest]: layer.tree,
  })
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [{
      mediaType,
      digest: layer.digest,
      size: layer.size,
      annotations: {
        [ANNOTATION.tocDigest]: layer.tocDigest,
        [ANNOTATION.tocOffset]: String(layer.tocOffset),
        ...(encoder === "gzip-1" && { [ANNOTATION.encoder]: encoder }),
      },
    }],
    annotations: Object.fromEntries(annotations),
  };
  const bytes = json(manifest);
  if (bytes.length <= MAX_MANIFEST_BYTES) return bytes;
  throw new BlobberError(
    "limit",
    `the manifest has ${counted(bytes.length, "byte")}, expected at most ${MAX_MANIFEST_BYTES}: ` +
      "it was not stored",
    { hint: "no pull reads a larger one; give it fewer annotations" },
  );
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
