/**
 * The verb `push`: packs a layer and sends it while it is being made, then config and manifest, then the
 * signature, and the tags last. Whatever fails before, no tag was touched.
 *
 * @module
 */

import type { PushInput } from "../archive/input/input.ts";
import { putBlob } from "../artifact/small_blob.ts";
import type { KnownLayer } from "../stores/cache/push_index.ts";
import { type Digest, digestOf } from "../digest.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import type { Compression, PushResult } from "../options.ts";
import { keyGuard, Packing, type PackSettings } from "./pack_layer.ts";
import { interruption } from "../system/pace.ts";
import { quote } from "../printable.ts";
import { isTag, TAG_GRAMMAR } from "../reference.ts";
import { attachSignature } from "./attach_signature.ts";
import type { SignedName } from "../signing.ts";
import type { Store } from "../store.ts";
import { tagTaken } from "../artifact/tag_taken.ts";
import { ANNOTATION, type Descriptor, type Manifest, MEDIA_TYPE, type Platform } from "../types.ts";

export type { InputEntry, PushInput } from "../archive/input/input.ts";

/** What `push` is told beside its options. */
export interface PushSettings extends PackSettings {
  /** The name that a signature is to bind. */
  name?: SignedName | undefined;
  /** Cache that remembers what pushes have made, so that a directory is not packed again. @default none */
  cacheDir?: string | undefined;
}

const PLATFORM: Platform = { os: "linux", architecture: "amd64" };
const LAYER_TYPES: Record<Compression, string> = {
  gzip: MEDIA_TYPE.layerGzip,
  zstd: MEDIA_TYPE.layerZstd,
};

/**
 * Pushes a directory, a tar or entries.
 *
 * @param target where to
 * @param input what
 * @param options how; `tags` are the tags to set, none for an artifact that only its digest names
 * @throws {BlobberError} `file-system`, `source-changed`, `invalid-archive`, `path-traversal` for what
 * cannot be pushed; `conflict` for a tag that `ifAbsent` protects; whatever the store or the signer throws
 */
export async function push(
  target: Store,
  input: PushInput,
  options: PushSettings = {},
): Promise<PushResult> {
  const compression = check(options);
  const { signal, tags = [] } = options;
  try {
    const taken = options.ifAbsent ? await tagsThere(target, tags, options) : [];
    const { descriptor, bytes, layer } = await makeUnlessTaken(target, input, taken, {
      ...options,
      compression,
    });
    const result: PushResult = {
      ...descriptor,
      layer: {
        digest: layer.digest,
        diffId: layer.diffId,
        size: layer.size,
        entries: layer.entries,
      },
      tags: [...new Set(tags)],
    };
    if (options.signer !== undefined) {
      const signable = { ...descriptor, bytes, name: options.name };
      const signature = await options.signer.sign(signable, { signal });
      result.signature = (await attachSignature(target, descriptor, signature, { signal })).digest;
    }
    for (const tag of result.tags) {
      await target.tag(tag, descriptor, { signal, ifAbsent: options.ifAbsent });
    }
    return result;
  } catch (error) {
    throw signal?.aborted && !isBlobberError(error) ? interruption(signal) : error;
  }
}

function check(options: PushSettings): Compression {
  const { compression = "gzip", jobs, layerMediaType, tags = [], mtime = 0 } = options;
  const refuse = (what: string, value: unknown, expected: string): never => {
    const shown = quote(value);
    throw new BlobberError("invalid-option", `invalid ${what}: ${shown}, expected ${expected}`);
  };
  if (!Object.hasOwn(LAYER_TYPES, compression)) {
    refuse("compression", compression, '"gzip" or "zstd"');
  }
  if (jobs !== undefined && (!Number.isSafeInteger(jobs) || jobs < 0)) {
    refuse("number of jobs", jobs, "a whole number");
  }
  if (!Number.isSafeInteger(mtime)) refuse("mtime", mtime, "whole seconds since 1970");
  for (const tag of tags) {
    if (!isTag(tag)) refuse("tag", tag, TAG_GRAMMAR);
  }
  // RFC 6838, 4.2, as descriptor.md demands.
  if (layerMediaType !== undefined && !/^[\w.+!#$&^-]+\/[\w.+!#$&^-]+$/.test(layerMediaType)) {
    refuse("media type", layerMediaType, '"type/subtype"');
  }
  return compression;
}

/** Tags that may not be moved, and where they point. The store looks again when it sets one. */
async function tagsThere(
  target: Store,
  tags: string[],
  options: PushSettings,
): Promise<TakenTag[]> {
  const taken: TakenTag[] = [];
  for (const tag of tags) {
    const found = await target.resolve(tag, { signal: options.signal }).catch((error) => {
      if (isBlobberError(error, "not-found")) return undefined;
      throw error;
    });
    if (found !== undefined) taken.push({ tag, digest: found.digest });
  }
  return taken;
}

interface TakenTag {
  tag: string;
  digest: Digest;
}

/** A manifest, and the layer in it. */
interface Made {
  descriptor: Descriptor;
  bytes: Uint8Array;
  layer: KnownLayer;
}

/**
 * Makes the artifact. For a tag that may not be moved nothing is sent: a directory is packed to see whether
 * the tag names what comes of it, in which case all of it is there. Other input can be read only once.
 */
async function makeUnlessTaken(
  target: Store,
  input: PushInput,
  taken: TakenTag[],
  options: PushSettings & { compression: Compression },
): Promise<Made> {
  const check = ({ digest }: Descriptor) => {
    const other = taken.find((one) => one.digest !== digest);
    if (other !== undefined) throw tagTaken(other.tag, other.digest, target);
  };
  if (taken.length === 0 || !("directory" in input)) {
    return await make(target, input, check, options);
  }
  const { DiscardStore } = await import("../stores/discard_store.ts");
  return await make(new DiscardStore(target), input, check, options);
}

/** @param check is shown what is to be put, before it is */
async function make(
  target: Store,
  input: PushInput,
  check: (descriptor: Descriptor) => void,
  options: PushSettings & { compression: Compression },
): Promise<Made> {
  const { signal, compression } = options;
  const mediaType = options.layerMediaType ?? LAYER_TYPES[compression];
  const layer = await sendLayer(target, input, mediaType, compression, options);
  const platform = options.platform ?? PLATFORM;
  const config = await putBlob(target, MEDIA_TYPE.config, configOf(layer, platform), { signal });
  const bytes = manifestOf(config, mediaType, layer, options);
  const descriptor: Descriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  check(descriptor);
  await target.put(descriptor, bytes, { signal });
  return { descriptor, bytes, layer };
}

/** Packs the layer and sends it, or finds that it is there already. */
async function sendLayer(
  target: Store,
  input: PushInput,
  mediaType: string,
  compression: Compression,
  options: PushSettings,
): Promise<KnownLayer> {
  const { signal, cacheDir, allowSecrets = false } = options;
  options = { ...options, allowSecrets };
  const packing = new Packing(input, options);
  const { listing } = packing;
  try {
    const memory = cacheDir === undefined || listing === undefined
      ? undefined
      : (await import("./push_again.ts")).PushMemory.open(cacheDir, listing, compression, {
        ...options,
        keys: await keyGuard(options),
      });
    const known = await memory?.find(target, mediaType, packing, options);
    if (known !== undefined) return known;
    const writer = await target.begin(mediaType, { signal });
    try {
      const write = (bytes: Uint8Array) => writer.write(bytes);
      const onEntry: PackSettings["onEntry"] = memory === undefined
        ? options.onEntry
        : (entry, stat) => memory.saw(entry, stat!);
      const layer = await packing.run(compression, write, { ...options, onEntry });
      await writer.commit({ mediaType, digest: layer.digest, size: layer.size });
      // What somebody said is meant is packed again, and looked at again.
      if (layer.isPullable) memory?.keep(layer, layer.contents);
      return layer;
    } finally {
      await writer.abort();
    }
  } finally {
    await packing.close();
  }
}

/** The image config: only what the digest of the content decides, so that it is the same everywhere. */
function configOf(layer: KnownLayer, platform: Platform): Uint8Array {
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

function manifestOf(
  config: Descriptor,
  mediaType: string,
  layer: KnownLayer,
  options: PushSettings,
): Uint8Array {
  const annotations = Object.entries(options.annotations ?? {})
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
      },
    }],
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
  };
  return json(manifest);
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
