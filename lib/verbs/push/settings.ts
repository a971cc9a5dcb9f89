/**
 * What a push is told.
 *
 * @module
 */

import type { Encoder } from "../../archive/compression/encoder.ts";
import type { Entry } from "../../archive/entry.ts";
import type { ArchiveInput } from "../../archive/input/input.ts";
import type { LikelySecret } from "../../archive/input/secrets.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { isMediaType } from "../../media_type.ts";
import type { Compression, PushOptions } from "../../options.ts";
import { quote } from "../../text/printable.ts";
import type { PushedBase, PushResult } from "../../results.ts";
import type { SignedName } from "../../signing.ts";
import type { Store } from "../../store.ts";
import type { FileStat } from "../../system/runtime.ts";
import type { ThreadCall } from "../../threads/pool.ts";
import { ANNOTATION, type Descriptor, MEDIA_TYPE } from "../../types.ts";

/** What packing needs to know beside what goes into the manifest. */
export interface PackSettings extends PushOptions {
  /** This call's part of the client's threads. @default the calling thread alone */
  threads?: ThreadCall | undefined;
  /** Called with each entry that is packed, and what a walk saw of it, in their order. Must not throw. */
  onEntry?: ((entry: Entry, stat?: FileStat) => void) | undefined;
  /** Called with each likely secret that packing finds, in the order of the archive. What it throws ends the call. */
  onSecret?: ((secret: LikelySecret) => void) | undefined;
}

/** Options of a push: the caller's, and what the client knows. */
export interface PushSettings extends PackSettings {
  /** The name that a signature is to bind. */
  name?: SignedName | undefined;
  /** Cache that remembers what pushes have made, so that a directory is not packed again. @default none */
  cacheDir?: string | undefined;
  /** State that knows which layers this machine packed. @default none */
  stateDir?: string | undefined;
  /** Makes layers on top of others in place of one that holds all. @default no base is asked for */
  onto?: SendLayers | undefined;
}

/** Layers that are in the store, and what they make. */
export interface SentLayers {
  /** From the ground up. */
  layers: Descriptor[];
  /** Digests of their tars. */
  diffIds: Digest[];
  /** The layer on top. */
  layer: PushResult["layer"];
  /** Digest of the tree that all of them make. */
  tree: Digest;
  /** Files in it, and bytes of all files. */
  files: number;
  bytes: number;
  /** What became of the base, where one was asked for. */
  base?: PushedBase | undefined;
}

/** Puts into a store what is pushed. */
export type SendLayers = (
  target: Store,
  input: ArchiveInput,
  settings: PushSettings & PushFormat,
) => Promise<SentLayers>;

/** Where progress is reported of a push whose layer goes nowhere. */
export function withoutUpload(onProgress: Observer["onProgress"]): Observer["onProgress"] {
  return onProgress && ((step) => void (step.phase !== "upload" && onProgress(step)));
}

const LAYER_TYPES: Record<Compression, string> = {
  gzip: MEDIA_TYPE.layerGzip,
  zstd: MEDIA_TYPE.layerZstd,
};

/** What a layer is made as. */
export interface PushFormat {
  /** What makes the members of the layer. */
  encoder: Encoder;
  /** The layer's type in the manifest. */
  mediaType: string;
}

/** Annotations of a layer that say where its table is, and that it is an archive. */
const OF_LAYER: readonly string[] = [
  ANNOTATION.tocDigest,
  ANNOTATION.tocOffset,
  ANNOTATION.encoder,
  ANNOTATION.unpack,
];

/**
 * The format that options ask for.
 *
 * @throws {BlobberError} `invalid-option` for a layer's media type that is none, or an annotation that is ours
 */
export function formatOf(settings: PushSettings): PushFormat {
  const { compression = "gzip", reproducible = false, layerMediaType, artifactType } = settings;
  const { annotations = {}, layerAnnotations = {} } = settings;
  const invalid = (what: string, value: string, expected: string) =>
    new BlobberError("invalid-option", `invalid ${what}: ${quote(value)}, expected ${expected}`);
  if (reproducible && compression !== "gzip") {
    throw invalid("compression", compression, '"gzip", the only one that is reproducible');
  }
  const own = Object.hasOwn(annotations, ANNOTATION.treeDigest)
    ? ANNOTATION.treeDigest
    : OF_LAYER.find((key) => Object.hasOwn(layerAnnotations, key));
  if (own !== undefined) throw invalid("annotation", own, "a key that push does not set itself");
  if (artifactType !== undefined && !isMediaType(artifactType)) {
    throw invalid("artifact type", artifactType, 'a media type, "type/subtype"');
  }
  if (layerMediaType !== undefined && !isMediaType(layerMediaType)) {
    throw invalid("media type", layerMediaType, '"type/subtype"');
  }
  const encoder = reproducible ? "gzip-1" : compression;
  return { encoder, mediaType: layerMediaType ?? LAYER_TYPES[compression] };
}
