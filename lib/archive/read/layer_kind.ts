/**
 * What the layers of a manifest are, by what it says of them: archives, or one file each.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { type Descriptor, type Document, type Manifest, MEDIA_TYPE } from "../../types.ts";
import type { LayerFormat } from "../compression/decompress.ts";
import type { Entry } from "../entry.ts";
import { fileName } from "../layer_name.ts";
import { checkPath } from "../safe_path.ts";
import type { Applied, Tree } from "../tree/tree.ts";

/** What a media type promises, where it promises an archive. */
export function formatOf(mediaType: string): LayerFormat | undefined {
  if (/[+.]gzip$/.test(mediaType)) return "gzip";
  if (/[+.]zstd$/.test(mediaType)) return "zstd";
  return /[.]tar$/.test(mediaType) ? "tar" : undefined;
}

/** A layer that is a file, as it is. */
export interface FileLayer {
  entry: Entry;
  layer: Descriptor;
}

/** Permission bits of a file whose layer states none. */
const MODE = 0o644;

/**
 * The file that a layer is: one with a title (OCI image spec, annotations.md), as ORAS makes them, or one of a
 * model with its path (ModelPack, "Annotations").
 *
 * @param layer the layer
 * @param manifest whose layer it is: an image's are unpacked by container runtimes, whatever they are called
 * @returns `undefined` for an archive: it has a table of contents, is a directory that ORAS packed, is of an
 * archive's type in an image, or has no name of its own
 * @throws {BlobberError} `path-traversal`, `invalid-archive` for a name that cannot be one
 */
function fileLayerOf(layer: Descriptor, { config }: Manifest): FileLayer | undefined {
  const { mediaType } = config;
  const isImage = mediaType === MEDIA_TYPE.config || mediaType === MEDIA_TYPE.dockerConfig;
  if (isImage && formatOf(layer.mediaType) !== undefined) return undefined;
  const name = fileName(layer);
  if (name === undefined) return undefined;
  const path = checkPath(name);
  return { layer, entry: { path, type: "file", size: layer.size, mode: MODE, mtime: 0 } };
}

/**
 * Applies a file to the tree of all archives. Nothing else may have its path: which one would be meant?
 *
 * @param tree in a layer of their own for all files
 * @param file the file
 * @param content what to keep with it
 * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
 */
export function applyFile<T>(tree: Tree<T>, { entry, layer }: FileLayer, content: T): Applied {
  const { path } = entry;
  if (tree.get(path) === undefined && !tree.isDirectory(path)) {
    const applied = tree.apply(entry, content);
    if (applied.added && applied.removed.length === 0) return applied;
  }
  throw new BlobberError(
    "invalid-archive",
    `the layer ${layer.digest} is the file ${quote(path)}, which another layer holds too`,
  );
}

/** The layers of an image. */
export interface Layers {
  /** Lowest first. */
  archives: Descriptor[];
  files: FileLayer[];
}

/**
 * The layers of a manifest.
 *
 * @throws {BlobberError} `invalid-manifest` when there are none: nothing to list or to unpack;
 * `path-traversal`, `invalid-archive` for files whose name cannot be one
 */
export function layersOf(manifest: Document<Manifest>): Layers {
  const found: Layers = { archives: [], files: [] };
  const { layers } = manifest.value;
  for (const layer of layers) {
    const file = fileLayerOf(layer, manifest.value);
    if (file === undefined) found.archives.push(layer);
    else found.files.push(file);
  }
  if (layers.length > 0) return found;
  throw new BlobberError(
    "invalid-manifest",
    `the manifest ${manifest.descriptor.digest} has no layers, expected at least one`,
  );
}
