/**
 * The verb `push`: packs a layer and sends it while it is being made, then config and manifest, then the
 * signature, and the tags last. Whatever fails before, no tag was touched.
 *
 * @module
 */

import { BATCH_BYTES } from "./archive/batch.ts";
import type { PushInput } from "./archive/input.ts";
import type { JobRunner } from "./archive/jobs.ts";
import type { PackedLayer, Write } from "./archive/layer_sink.ts";
import { Packer } from "./archive/pack.ts";
import { packDirectory, packEntries, packTar } from "./archive/pack_input.ts";
import { walk, type WalkedEntry } from "./archive/walk.ts";
import { putBlob } from "./blob.ts";
import { digestOf } from "./digest.ts";
import { BlobberError, isBlobberError } from "./errors.ts";
import { interruption } from "./pace.ts";
import type { Compression, PushOptions, PushResult } from "./options.ts";
import { quote } from "./printable.ts";
import { isTag } from "./reference.ts";
import { processors } from "./runtime.ts";
import { attachSignature } from "./signatures.ts";
import type { SignedName } from "./signing.ts";
import type { Store } from "./store.ts";
import { tagTaken } from "./tag_taken.ts";
import { ANNOTATION, type Descriptor, type Manifest, MEDIA_TYPE, type Platform } from "./types.ts";
import { WorkerPool } from "./workers.ts";

export type { InputEntry, PushInput } from "./archive/input.ts";

/** What `push` is told beside its options. */
export interface PushSettings extends PushOptions {
  /** The name that a signature is to bind. */
  name?: SignedName | undefined;
  /** Workers; 0 packs on the calling thread. @default the number of processors */
  jobs?: number | undefined;
}

/** Workers beyond these wait for the one thread that hashes and sends what they made. */
const MAX_JOBS = 8;
/** Work, in bytes to pack, that is over before workers would have begun. */
const WORKERS_WORTH = 24 * 1024 * 1024;
/** What an entry costs beside its bytes, in bytes to pack. */
const ENTRY_COST = 4096;

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
    if (options.ifAbsent) await refuseTags(target, tags, options);
    const layer = await sendLayer(target, input, compression, options);
    const mediaType = options.layerMediaType ?? LAYER_TYPES[compression];
    const config = await putBlob(
      target,
      MEDIA_TYPE.config,
      configOf(layer, options.platform ?? PLATFORM),
      { signal },
    );
    const bytes = manifestOf(config, mediaType, layer, options);
    const descriptor: Descriptor = {
      mediaType: MEDIA_TYPE.manifest,
      digest: digestOf(bytes),
      size: bytes.length,
    };
    await target.put(descriptor, bytes, { signal });
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
    const shown = quote(String(value));
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
    if (!isTag(tag)) refuse("tag", tag, 'letters, digits, "_", "." and "-"');
  }
  // RFC 6838, 4.2, as descriptor.md demands.
  if (layerMediaType !== undefined && !/^[\w.+!#$&^-]+\/[\w.+!#$&^-]+$/.test(layerMediaType)) {
    refuse("media type", layerMediaType, '"type/subtype"');
  }
  return compression;
}

/** Nothing is sent for a tag that may not be set. The store looks again when it sets it. */
async function refuseTags(target: Store, tags: string[], options: PushSettings): Promise<void> {
  for (const tag of tags) {
    const found = await target.resolve(tag, { signal: options.signal }).catch((error) => {
      if (isBlobberError(error, "not-found")) return undefined;
      throw error;
    });
    if (found !== undefined) {
      throw tagTaken(tag, found.digest, target);
    }
  }
}

async function sendLayer(
  target: Store,
  input: PushInput,
  compression: Compression,
  options: PushSettings,
): Promise<PackedLayer> {
  const { signal } = options;
  const mediaType = options.layerMediaType ?? LAYER_TYPES[compression];
  const writer = await target.begin(mediaType, { signal });
  try {
    const write = (bytes: Uint8Array) => writer.write(bytes);
    const layer = await packLayer(input, compression, write, options);
    await writer.commit({ mediaType, digest: layer.digest, size: layer.size });
    return layer;
  } finally {
    await writer.abort();
  }
}

/**
 * Packs a layer.
 *
 * @param input what
 * @param compression its format
 * @param write takes the blob's bytes, in order
 * @param options as those of {@linkcode push}
 */
export async function packLayer(
  input: PushInput,
  compression: Compression,
  write: Write,
  options: PushSettings = {},
): Promise<PackedLayer> {
  const { signal, onProgress, onNotice } = options;
  const limit = Math.min(options.jobs ?? processors(), MAX_JOBS);
  const ahead = "directory" in input ? lookAhead(walk(input.directory, options)) : undefined;
  const jobs = ahead === undefined || ahead.worthWorkers ? limit : 0;
  const pool = new WorkerPool(jobs);
  const runner: JobRunner = ahead === undefined ? startHere(pool) : pool;
  const packer = new Packer({
    compression,
    runner,
    batches: jobs === 0 ? 2 : 2 * jobs + 1,
    write,
    signal,
    onProgress,
    onNotice,
  });
  try {
    if (ahead !== undefined) await packDirectory(packer, ahead.entries, options);
    else if ("tar" in input) await packTar(packer, input.tar, options);
    else if ("entries" in input) await packEntries(packer, input.entries, options);
    return await packer.finish();
  } finally {
    await pool.close();
    await packer.settle();
  }
}

/** Walks far enough to see whether workers are worth their start. */
function lookAhead(
  walked: Generator<WalkedEntry, void, void>,
): { entries: Iterable<WalkedEntry>; worthWorkers: boolean } {
  const seen: WalkedEntry[] = [];
  let cost = 0;
  while (cost < WORKERS_WORTH) {
    const { done, value } = walked.next();
    if (done) return { entries: seen, worthWorkers: false };
    seen.push(value);
    cost += value.size + ENTRY_COST;
  }
  const entries = function* () {
    yield* seen.splice(0);
    yield* walked;
  };
  return { entries: entries(), worthWorkers: true };
}

/** Runs the first jobs on this thread: what comes as a stream may be over before workers have begun. */
function startHere(pool: WorkerPool): JobRunner {
  const here = new WorkerPool(0);
  let left = WORKERS_WORTH / BATCH_BYTES;
  return { run: (...job) => (left-- > 0 ? here : pool).run(...job) };
}

/** The image config: only what the digest of the content decides, so that it is the same everywhere. */
function configOf(layer: PackedLayer, platform: Platform): Uint8Array {
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
  layer: PackedLayer,
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
