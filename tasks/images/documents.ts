/**
 * The documents of an image: its config (OCI image specification, config.md), its manifest, and the index of
 * both processors. All of them are the same for the same image: the time in them is the commit's.
 *
 * @module
 */

import { type Annotations, type Descriptor, MEDIA_TYPE, type Target } from "@blobber/core";
import { type Architecture, ARCHITECTURE_NAMES } from "./architectures.ts";
import { digestOf, type Layer, putBlob } from "./layers.ts";

/** How a container of an image starts (config.md, "config"). */
export interface Execution {
  /** The user, as a number: `runAsNonRoot` of Kubernetes believes no name. */
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd?: string[];
  WorkingDir: string;
}

/** What all parts of an image say of it. */
export interface ImageFacts {
  /** The commit's time, in UTC, as RFC 3339 has it. */
  created: string;
  /** Labels of the config, and annotations of manifests and index. */
  labels: Annotations;
  execution: Execution;
}

/** Puts the image of one processor into a store. */
export async function putImage(
  store: Target,
  architecture: Architecture,
  layers: readonly Layer[],
  { created, labels, execution }: ImageFacts,
): Promise<Descriptor> {
  const config = await putDocument(store, MEDIA_TYPE.config, {
    created,
    architecture,
    os: "linux",
    config: { ...execution, Labels: labels },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ comment }) => ({ created, created_by: "blobber", comment })),
  });
  const manifest = await putDocument(store, MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
    annotations: labels,
  });
  return { ...manifest, platform: { architecture, os: "linux" } };
}

/** Puts the index over the images of all processors into a store, and points a tag at it. */
export async function putIndex(
  store: Target,
  tag: string,
  images: Record<Architecture, Descriptor>,
  { labels }: ImageFacts,
): Promise<Descriptor> {
  const index = await putDocument(store, MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: ARCHITECTURE_NAMES.map((name) => images[name]),
    annotations: labels,
  });
  await store.tag(tag, index);
  return index;
}

/** Puts a document into a store: as a manifest where it is one, else as a blob. */
async function putDocument(store: Target, mediaType: string, value: object): Promise<Descriptor> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  if (mediaType === MEDIA_TYPE.config) await putBlob(store, descriptor, bytes);
  else await store.put(descriptor, bytes);
  return descriptor;
}
