/**
 * The middle of a push: layers, config and manifest are put into a store, by their digests.
 *
 * @module
 */

import type { ArchiveInput, InputFile, PushInput } from "../../archive/input/input.ts";
import { putBlob } from "../../artifact/small_blob.ts";
import { digestOf } from "../../digest.ts";
import { MAX_LAYERS } from "../../limits.ts";
import type { PushFilesResult, PushResult } from "../../results.ts";
import type { Store } from "../../store.ts";
import { ANNOTATION, type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { configDocument, filesDocument, inOrder, manifestDocument } from "./image_documents.ts";
import { sendWhole } from "./send_layer.ts";
import type { PushFormat, PushSettings } from "./settings.ts";

/** An artifact that is in the store by its digest, without a signature. */
export interface Stored {
  descriptor: Descriptor;
  bytes: Uint8Array;
  /** What else the result tells. */
  made: Omit<PushResult, Later> | Omit<PushFilesResult, Later>;
}

/** Fields of a result that are known later, or stand in the descriptor. */
type Later = "mediaType" | "digest" | "size" | "tags" | "signature";

/** How it is put there. */
export interface StoreSettings extends PushSettings, PushFormat {
  /** Is shown the manifest before it is put, and throws where it must not be. */
  check(manifest: Descriptor): void;
}

/** The artifact type of files where none is given: what ORAS writes. */
const UNKNOWN_TYPE = "application/vnd.unknown.artifact.v1";
/** The content of the empty descriptor (manifest.md, "Guidance for an Empty Descriptor"). */
const EMPTY = new TextEncoder().encode("{}");

/** Sends what is pushed, the config and the manifest. */
export async function storeArtifact(
  target: Store,
  input: PushInput,
  how: StoreSettings,
): Promise<Stored> {
  return "files" in input
    ? await storeFiles(target, input.files, how)
    : await storeArchive(target, input, how);
}

async function storeArchive(
  target: Store,
  input: ArchiveInput,
  how: StoreSettings,
): Promise<Stored> {
  const { platform, annotations, artifactType, onto = sendWhole } = how;
  const { layers, diffIds, tree, layer, files, bytes, base } = await onto(target, input, how);
  const config = await putConfig(target, MEDIA_TYPE.config, configDocument(diffIds, platform), how);
  const document = manifestDocument({ config, layers, tree, annotations, artifactType });
  const made = { layer, files, bytes, tree, ...base !== undefined && { base } };
  return { ...await putManifest(target, document, how), made };
}

async function storeFiles(
  target: Store,
  given: readonly InputFile[],
  how: StoreSettings,
): Promise<Stored> {
  const { artifactType = UNKNOWN_TYPE, annotations } = how;
  const [{ checkCount, lookAtFiles }, { sendFiles }] = await Promise.all([
    import("../../archive/input/files.ts"),
    import("./send_files.ts"),
  ]);
  checkCount(given.length, MAX_LAYERS);
  const looked = lookAtFiles(given, how);
  const { layers, ...sums } = await sendFiles(target, looked, how);
  const config = await putConfig(target, MEDIA_TYPE.empty, EMPTY, how);
  const document = filesDocument({
    ...{ config, artifactType, annotations, tree: sums.tree },
    layers: layers.map(({ path, mediaType, digest, size }, i) => ({
      ...{ mediaType, digest, size },
      annotations: { ...looked[i]!.annotations, [ANNOTATION.title]: path },
    })),
  });
  return {
    ...await putManifest(target, document, how),
    made: { artifactType, layers, ...sums },
  };
}

/** Puts the config, and gives its descriptor the annotations that were asked for. */
async function putConfig(
  target: Store,
  mediaType: string,
  bytes: Uint8Array,
  { signal, configAnnotations = {} }: PushSettings,
): Promise<Descriptor> {
  const config = await putBlob(target, mediaType, bytes, { signal });
  if (Object.keys(configAnnotations).length === 0) return config;
  return { ...config, annotations: inOrder(configAnnotations) };
}

async function putManifest(
  target: Store,
  bytes: Uint8Array,
  { check, signal }: StoreSettings,
): Promise<{ descriptor: Descriptor; bytes: Uint8Array }> {
  const { manifest: mediaType } = MEDIA_TYPE;
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  check(descriptor);
  await target.put(descriptor, bytes, { signal });
  return { descriptor, bytes };
}
