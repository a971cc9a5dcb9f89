/**
 * The OCI documents that blobber reads and writes (OCI image spec v1.1), as far as it uses them.
 *
 * @module
 */

import type { Digest } from "./digest.ts";

/** Media types that blobber writes or gives meaning to. */
export const MEDIA_TYPE = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  empty: "application/vnd.oci.empty.v1+json",
  layerTar: "application/vnd.oci.image.layer.v1.tar",
  layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** Annotation keys that blobber writes or reads. */
export const ANNOTATION = {
  /** Digest of the uncompressed table of contents of an eStargz or zstd:chunked layer. */
  tocDigest: "containerd.io/snapshot/stargz/toc.digest",
  /** The tag of a manifest in an OCI layout (image-layout.md, "index.json"). */
  refName: "org.opencontainers.image.ref.name",
  created: "org.opencontainers.image.created",
} as const;

/** String annotations by key. */
export type Annotations = Record<string, string>;

/** What a platform-specific manifest is for (image-index.md, "platform"). */
export interface Platform {
  architecture: string;
  os: string;
  variant?: string;
  "os.version"?: string;
}

/** Names content by type, digest and size (descriptor.md). */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Annotations;
  artifactType?: string;
  platform?: Platform;
}

/** An image manifest (manifest.md). */
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  subject?: Descriptor;
  annotations?: Annotations;
}

/** An image index (image-index.md). */
export interface Index {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  manifests: Descriptor[];
  subject?: Descriptor;
  annotations?: Annotations;
}

/** A manifest or index together with the bytes that its digest is of. */
export interface Document<T> {
  descriptor: Descriptor;
  bytes: Uint8Array;
  value: T;
}
