/**
 * The verb `push`: packs a layer and sends it while it is being made, then config and manifest, then the
 * signature, and the tags last. When anything before fails, no tag was touched.
 *
 * @module
 */

import { type PushInput, takenInput } from "../archive/input/given.ts";
import { putBlob } from "../artifact/small_blob.ts";
import type { KnownLayer } from "../stores/cache/push_index.ts";
import { type Digest, digestOf } from "../digest.ts";
import { signWith } from "../doors/signer.ts";
import { interruption, isBlobberError } from "../errors.ts";
import type { PushResult } from "../results.ts";
import type { Store } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";
import { attachSignature } from "./attach_signature.ts";
import { configDocument, manifestDocument } from "./push/image_documents.ts";
import type { Contents } from "./push/pack_layer.ts";
import { sendLayer } from "./push/send_layer.ts";
import { formatOf, type PushFormat, type PushSettings, withoutUpload } from "./push/settings.ts";
import { checkTakenTags, findTakenTags, type TakenTag } from "./push/taken_tags.ts";

export type { InputEntry, PushInput } from "../archive/input/given.ts";
export type { PushSettings } from "./push/settings.ts";

/**
 * Pushes a directory, a tar or entries.
 *
 * @param target where to
 * @param input what
 * @param settings how; `tags` are the tags to set, none for an artifact that only its digest names
 * @throws {BlobberError} `file-system`, `source-changed`, `invalid-archive`, `path-traversal` for what
 * cannot be pushed; `conflict` for a tag that `ifAbsent` protects; whatever the store or the signer throws
 */
export async function push(
  target: Store,
  input: PushInput,
  settings: PushSettings = {},
): Promise<PushResult> {
  const what = takenInput(input);
  const how = { ...settings, ...formatOf(settings) };
  const { signal, ifAbsent, tags = [] } = settings;
  try {
    const taken = ifAbsent ? await findTakenTags(target, tags, { signal }) : [];
    const stored = await storeUnlessTaken(target, what, taken, how);
    const complete = await signStored(target, stored, settings);
    return await tagComplete(target, complete, settings);
  } catch (error) {
    throw signal?.aborted && !isBlobberError(error) ? interruption(signal) : error;
  }
}

/** An artifact that is in the store by its digest, without a signature. */
interface Stored {
  descriptor: Descriptor;
  bytes: Uint8Array;
  layer: KnownLayer & Contents;
}

/** An artifact of which everything is in the store: only such a one gets tags. */
interface Complete extends Stored {
  /** Digest of the referrer that holds the signature; `undefined` where none was asked for. */
  signature: Digest | undefined;
}

/**
 * Makes the artifact. For a tag that may not be moved nothing is sent: a directory is packed to see whether
 * the tag names what comes of it, in which case all of it is there. Other input can be read only once.
 */
async function storeUnlessTaken(
  target: Store,
  input: PushInput,
  taken: readonly TakenTag[],
  how: PushSettings & PushFormat,
): Promise<Stored> {
  const check = ({ digest }: Descriptor) => checkTakenTags(taken, digest, target);
  if (taken.length === 0 || !("directory" in input)) {
    return await store(target, input, { ...how, check });
  }
  const { DiscardStore } = await import("../stores/discard_store.ts");
  const onProgress = withoutUpload(how.onProgress);
  return await store(new DiscardStore(target), input, { ...how, onProgress, check });
}

/** Sends the layer, the config and the manifest, which `check` is shown before it is put. */
async function store(
  target: Store,
  input: PushInput,
  how: PushSettings & PushFormat & { check(manifest: Descriptor): void },
): Promise<Stored> {
  const { signal, encoder, mediaType, platform, annotations } = how;
  const layer = await sendLayer(target, input, how);
  const config = await putBlob(target, MEDIA_TYPE.config, configDocument(layer, platform), {
    signal,
  });
  const bytes = manifestDocument({ config, layer, encoder, mediaType, annotations });
  const descriptor: Descriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  how.check(descriptor);
  await target.put(descriptor, bytes, { signal });
  return { descriptor, bytes, layer };
}

/** Signs what is stored where there is a signer, and attaches the signature. */
async function signStored(
  target: Store,
  stored: Stored,
  { signer, name, signal }: PushSettings,
): Promise<Complete> {
  if (signer === undefined) return { ...stored, signature: undefined };
  const { descriptor, bytes } = stored;
  const signature = await signWith(signer, { ...descriptor, bytes, name }, { signal });
  const attached = await attachSignature(target, descriptor, signature, { signal });
  return { ...stored, signature: attached.digest };
}

/** Points the tags at what is complete. */
async function tagComplete(
  target: Store,
  { descriptor, layer, signature }: Complete,
  { signal, ifAbsent, tags = [] }: PushSettings,
): Promise<PushResult> {
  const each = [...new Set(tags)];
  for (const tag of each) await target.tag(tag, descriptor, { signal, ifAbsent });
  const { digest, diffId, size, entries, tree, files, bytes } = layer;
  return {
    ...descriptor,
    layer: { digest, diffId, size, entries },
    files,
    bytes,
    tree,
    tags: each,
    ...(signature !== undefined && { signature }),
  };
}
