/**
 * The documents of a pushed image: its config and its manifest.
 *
 * @module
 */

import type { Encoder } from "../../archive/compression/encoder.ts";
import { tableAnnotations } from "../../archive/pack/table_annotations.ts";
import type { KnownLayer } from "../../stores/cache/push_index.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { counted } from "../../text/printable.ts";
import type { Digest } from "../../digest.ts";
import {
  ANNOTATION,
  type Annotations,
  type Descriptor,
  type Manifest,
  MEDIA_TYPE,
  type Platform,
} from "../../types.ts";

/** What an image is for where nothing is said. */
export const PLATFORM: Platform = { os: "linux", architecture: "amd64" };

/** The image config: only what the digest of the content decides, so that it is the same everywhere. */
export function configDocument(
  diffIds: readonly Digest[],
  platform: Platform = PLATFORM,
): Uint8Array {
  const { architecture, os, variant } = platform;
  return json({
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...(platform["os.version"] !== undefined && { "os.version": platform["os.version"] }),
    config: {},
    rootfs: { type: "layers", diff_ids: diffIds },
  });
}

/** How a push describes a layer that it made. */
export interface LayerFormat {
  /** What made the layer. */
  encoder: Encoder;
  /** The layer's type. */
  mediaType: string;
  /** Annotations beside those that say where its table is. */
  layerAnnotations?: Readonly<Annotations> | undefined;
}

/** The descriptor of a layer that was packed. */
export function newLayer(
  layer: Pick<KnownLayer, "digest" | "size" | "tocDigest" | "tocOffset" | "isCut">,
  { encoder, mediaType, layerAnnotations }: LayerFormat,
): Descriptor {
  const { digest, size } = layer;
  const annotations = { ...inOrder(layerAnnotations), ...tableAnnotations(layer, encoder) };
  return { mediaType, digest, size, annotations };
}

/** What a manifest lists. */
export interface ManifestContent {
  /** The config. */
  config: Descriptor;
  /** The layers, from the ground up. */
  layers: readonly Descriptor[];
  /** Digest of the tree that they make. */
  tree: Digest;
  /** What kind of artifact it is. */
  artifactType?: string | undefined;
  /** Further annotations of the manifest; their order does not matter. */
  annotations?: Readonly<Annotations> | undefined;
}

/**
 * The manifest.
 *
 * @throws {BlobberError} `limit` for one that no pull would read
 */
export function manifestDocument(content: ManifestContent): Uint8Array {
  const { config, layers, tree, artifactType } = content;
  return documentOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    ...(artifactType !== undefined && { artifactType }),
    config,
    layers: [...layers],
    annotations: inOrder({ ...content.annotations, [ANNOTATION.treeDigest]: tree }),
  });
}

/** What the manifest of files lists. */
export interface FilesContent {
  /** The config. */
  config: Descriptor;
  /** What kind of artifact it is. */
  artifactType: string;
  /** The files, each with its title. */
  layers: readonly Descriptor[];
  /** Digest of the tree that they make, where it is known. */
  tree: Digest | undefined;
  /** Further annotations of the manifest. */
  annotations?: Readonly<Annotations> | undefined;
}

/**
 * The manifest of files, each a layer of its own (manifest.md, "Guidelines for Artifact Usage").
 *
 * @throws {BlobberError} `limit`
 */
export function filesDocument(content: FilesContent): Uint8Array {
  const { config, artifactType, layers, tree, annotations } = content;
  return documentOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType,
    config,
    layers: layers.map(({ annotations, ...layer }) => ({
      ...layer,
      annotations: inOrder(annotations),
    })),
    annotations: inOrder({
      ...annotations,
      ...(tree !== undefined && { [ANNOTATION.treeDigest]: tree }),
    }),
  });
}

/** Annotations in the order of their keys, so that the order in which they were given does not matter. */
export function inOrder(annotations: Readonly<Annotations> = {}): Annotations {
  return Object.fromEntries(
    Object.entries(annotations).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}

function documentOf(manifest: Manifest): Uint8Array {
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
