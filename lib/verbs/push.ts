/**
 * The verb `push`: packs a layer and sends it while it is being made, then config and manifest, then the
 * signature, and the tags last. When anything before fails, no tag was touched.
 *
 * @module
 */

import {
  type ArchiveInput,
  type FilesInput,
  type PushInput,
  takenInput,
} from "../archive/input/given.ts";
import { checkIgnoring } from "../archive/input/ignoring.ts";
import type { Digest } from "../digest.ts";
import { signWith } from "../doors/signer.ts";
import { BlobberError, interruption, isBlobberError } from "../errors.ts";
import type { PushFilesResult, PushResult } from "../results.ts";
import type { Store } from "../store.ts";
import type { Descriptor } from "../types.ts";
import { attachSignature } from "./attach_signature.ts";
import { formatOf, type PushFormat, type PushSettings, withoutUpload } from "./push/settings.ts";
import { storeArtifact, type Stored } from "./push/store_artifact.ts";
import { checkTakenTags, findTakenTags, type TakenTag } from "./push/taken_tags.ts";

export type { ArchiveInput, FilesInput, InputEntry, PushInput } from "../archive/input/given.ts";
export type { PushSettings } from "./push/settings.ts";

/**
 * Pushes a directory, a tar, entries or files.
 *
 * @param target where to
 * @param input what
 * @param settings how; `tags` are the tags to set, none for an artifact that only its digest names
 * @throws {BlobberError} `file-system`, `source-changed`, `invalid-archive`, `path-traversal` for what
 * cannot be pushed; `conflict` for a tag that `ifAbsent` protects; whatever the store or the signer throws
 */
export async function push(
  target: Store,
  input: FilesInput,
  settings?: PushSettings,
): Promise<PushFilesResult>;
export async function push(
  target: Store,
  input: ArchiveInput,
  settings?: PushSettings,
): Promise<PushResult>;
export async function push(
  target: Store,
  input: PushInput,
  settings?: PushSettings,
): Promise<PushResult | PushFilesResult>;
export async function push(
  target: Store,
  input: PushInput,
  settings: PushSettings = {},
): Promise<PushResult | PushFilesResult> {
  const what = takenInput(input);
  checkIgnoring(what, settings);
  const how = { ...settings, ...formatOf(settings) };
  checkOfFiles(what, settings);
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

/** An artifact of which everything is in the store: only such a one gets tags. */
interface Complete extends Stored {
  /** Digest of the referrer that holds the signature; `undefined` where none was asked for. */
  signature: Digest | undefined;
}

/** Refuses what only a layer has, of which files have as many as they are. */
function checkOfFiles(input: PushInput, { layerAnnotations, layerMediaType }: PushSettings): void {
  if (!("files" in input)) return;
  const option = layerMediaType !== undefined
    ? "layerMediaType"
    : layerAnnotations !== undefined
    ? "layerAnnotations"
    : undefined;
  if (option === undefined) return;
  throw new BlobberError("invalid-option", `option ${option} does not apply to files`, {
    hint: "each file has a media type and annotations of its own",
  });
}

/**
 * Makes the artifact. For a tag that may not be moved nothing is sent: a directory is packed to see whether
 * the tag names what comes of it, in which case all of it is there, and so are files hashed. Other input can
 * be read only once.
 */
async function storeUnlessTaken(
  target: Store,
  input: PushInput,
  taken: readonly TakenTag[],
  how: PushSettings & PushFormat,
): Promise<Stored> {
  const check = ({ digest }: Descriptor) => checkTakenTags(taken, digest, target);
  if (taken.length === 0 || !("directory" in input || "files" in input)) {
    return await storeArtifact(target, input, { ...how, check });
  }
  const { DiscardStore } = await import("../stores/discard_store.ts");
  const onProgress = withoutUpload(how.onProgress);
  return await storeArtifact(new DiscardStore(target), input, { ...how, onProgress, check });
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
  { descriptor, made, signature }: Complete,
  { signal, ifAbsent, tags = [] }: PushSettings,
): Promise<PushResult | PushFilesResult> {
  const each = [...new Set(tags)];
  for (const tag of each) await target.tag(tag, descriptor, { signal, ifAbsent });
  const { mediaType, digest, size } = descriptor;
  return {
    ...{ mediaType, digest, size, ...made },
    tags: each,
    ...(signature !== undefined && { signature }),
  };
}
