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
  /** Where in a layer its table begins, in decimal: a hint, to ask for no more; the footer decides. */
  tocOffset: "dev.blobber.toc.offset",
  /** On a layer in which files were cut into chunks: the rule, by its name (`lib/archive/chunking/chunk_rule.ts`). */
  chunks: "dev.blobber.chunks",
  /** On a layer: the encoder that made it, where its bytes are pinned (`lib/archive/compression/encoder.ts`). */
  encoder: "dev.blobber.encoder",
  /** On a manifest: the digest of the tree that its layers make together (`lib/archive/tree_form.ts`). */
  treeDigest: "dev.blobber.tree.digest",
  /** The tag of a manifest in an OCI layout (image-layout.md, "index.json"). */
  refName: "org.opencontainers.image.ref.name",
  created: "org.opencontainers.image.created",
  /** On a layer: the name of the file that it is (ORAS). */
  title: "org.opencontainers.image.title",
  /** On a layer with a title: whether it is a directory that ORAS packed into an archive. */
  unpack: "io.deis.oras.content.unpack",
  /** On a layer: the path of the file that it is, in a model (ModelPack specification). */
  modelPath: "org.cncf.model.filepath",
  /** As {@linkcode ANNOTATION.modelPath}, before the specification went to the CNCF. */
  oldModelPath: "org.cnai.model.filepath",
} as const;

/** String annotations by key. */
export type Annotations = Record<string, string>;

/** What a platform-specific manifest is for (image-index.md, "platform"). */
export interface Platform {
  /** Processor architecture in Go's terms: `amd64`, `arm64`. */
  architecture: string;
  /** Operating system in Go's terms: `linux`, `darwin`, `windows`. */
  os: string;
  /** Variant of the architecture: `v8`. */
  variant?: string;
  /** Version of the operating system. */
  "os.version"?: string;
}

/** Names content by type, digest and size (descriptor.md). */
export interface Descriptor {
  /** Media type of the content. */
  mediaType: string;
  /** Digest of the content. */
  digest: Digest;
  /** Bytes. */
  size: number;
  /** Annotations of the descriptor. */
  annotations?: Annotations;
  /** Artifact type of the manifest described. */
  artifactType?: string;
  /** Platform of the manifest described. */
  platform?: Platform;
  /** Other places of the content. They are never followed. */
  urls?: string[];
}

/** An image manifest (manifest.md). */
export interface Manifest {
  /** Always 2. */
  schemaVersion: 2;
  /** Media type of this document; absent in old images. */
  mediaType?: string;
  /** What kind of artifact this is. */
  artifactType?: string;
  /** The config blob. */
  config: Descriptor;
  /** The layers, lowest first. */
  layers: Descriptor[];
  /** The manifest that this one refers to. */
  subject?: Descriptor;
  /** Annotations of the manifest. */
  annotations?: Annotations;
}

/** An image index (image-index.md). */
export interface Index {
  /** Always 2. */
  schemaVersion: 2;
  /** Media type of this document; absent in old images. */
  mediaType?: string;
  /** What kind of artifact this is. */
  artifactType?: string;
  /** The manifests listed. */
  manifests: Descriptor[];
  /** The manifest that this index refers to. */
  subject?: Descriptor;
  /** Annotations of the index. */
  annotations?: Annotations;
}

/** A manifest or index together with the bytes that its digest is of. */
export interface Document<T> {
  /** Names the bytes. */
  descriptor: Descriptor;
  /** The bytes as they were stored. */
  bytes: Uint8Array;
  /** What they say. */
  value: T;
}
