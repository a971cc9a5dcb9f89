/**
 * What a push is told.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import { BlobberError } from "../../errors.ts";
import type { Compression, PushOptions } from "../../options.ts";
import { quote } from "../../printable.ts";
import { isTag, TAG_GRAMMAR } from "../../reference.ts";
import type { SignedName } from "../../signing.ts";
import type { FileStat } from "../../system/runtime.ts";
import { ANNOTATION, MEDIA_TYPE } from "../../types.ts";

/** What packing needs to know beside what goes into the manifest. */
export interface PackSettings extends PushOptions {
  /** Threads that work, the calling one among them; 0 for that one alone. @default the number of processors */
  jobs?: number | undefined;
  /** Called with each entry that is packed, and what a walk saw of it, in their order. Must not throw. */
  onEntry?: ((entry: Entry, stat?: FileStat) => void) | undefined;
}

/** Options of a push: the caller's, and what the client knows. */
export interface PushSettings extends PackSettings {
  /** The name that a signature is to bind. */
  name?: SignedName | undefined;
  /** Cache that remembers what pushes have made, so that a directory is not packed again. @default none */
  cacheDir?: string | undefined;
}

const LAYER_TYPES: Record<Compression, string> = {
  gzip: MEDIA_TYPE.layerGzip,
  zstd: MEDIA_TYPE.layerZstd,
};

/** What a layer is made as. */
export interface PushFormat {
  compression: Compression;
  /** The layer's type in the manifest. */
  mediaType: string;
}

/**
 * Checks options.
 *
 * @returns the format that they ask for
 * @throws {BlobberError} `invalid-option`
 */
export function checkPushSettings(settings: PushSettings): PushFormat {
  const { compression = "gzip", jobs, layerMediaType, tags = [], mtime = 0, annotations } =
    settings;
  const invalid = (what: string, value: string, expected: string) =>
    new BlobberError("invalid-option", `invalid ${what}: ${value}, expected ${expected}`);
  if (!Object.hasOwn(LAYER_TYPES, compression)) {
    throw invalid("compression", quote(compression), '"gzip" or "zstd"');
  }
  if (jobs !== undefined && (!Number.isSafeInteger(jobs) || jobs < 0)) {
    throw invalid("number of jobs", `${jobs}`, "a whole number");
  }
  if (!Number.isSafeInteger(mtime)) throw invalid("mtime", `${mtime}`, "whole seconds since 1970");
  if (annotations !== undefined && ANNOTATION.treeDigest in annotations) {
    throw invalid(
      "annotation",
      quote(ANNOTATION.treeDigest),
      "a key that push does not set itself",
    );
  }
  for (const tag of tags) {
    if (!isTag(tag)) throw invalid("tag", quote(tag), TAG_GRAMMAR);
  }
  // RFC 6838, 4.2, as descriptor.md demands.
  if (layerMediaType !== undefined && !/^[\w.+!#$&^-]+\/[\w.+!#$&^-]+$/.test(layerMediaType)) {
    throw invalid("media type", quote(layerMediaType), '"type/subtype"');
  }
  return { compression, mediaType: layerMediaType ?? LAYER_TYPES[compression] };
}
