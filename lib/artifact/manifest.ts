/**
 * Manifests and indexes as they come from outside: parsed and checked once, here. What is returned holds
 * only fields that blobber knows, of the types that they must have.
 *
 * @module
 */

import { asDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { MAX_LAYERS, MAX_MANIFEST_BYTES } from "../limits.ts";
import { isMediaType } from "../media_type.ts";
import { quote } from "../text/printable.ts";
import type { CallOptions, Source } from "../store.ts";
import {
  type Annotations,
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
  MEDIA_TYPE,
  type Platform,
} from "../types.ts";
import { fromBase64 } from "../bytes.ts";
import { isContent, readChecked } from "../checked_content.ts";
import { isObject, parseJson } from "../json.ts";

/** Media types of documents that list content: what a client accepts when it asks for a manifest. */
export const DOCUMENT_TYPES: readonly string[] = [
  MEDIA_TYPE.manifest,
  MEDIA_TYPE.index,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerIndex,
];

/** Whether a media type is a manifest's or an index's, so that a store keeps it among the manifests. */
export function isDocumentType(mediaType: string): boolean {
  return DOCUMENT_TYPES.includes(mediaType);
}

/** Whether a media type is an index's. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.index || mediaType === MEDIA_TYPE.dockerIndex;
}

/** Tells an index from a manifest. */
export function isIndex(document: Document<Manifest | Index>): document is Document<Index> {
  return isIndexType(document.descriptor.mediaType);
}

/**
 * Reads a manifest or index: bytes checked against the descriptor, then parsed and checked.
 *
 * @param source where it is
 * @param descriptor what it must be
 * @throws {BlobberError} `integrity`, `invalid-manifest`, `limit`, `not-found`
 */
export async function readDocument(
  source: Source,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Document<Manifest | Index>> {
  const name = `manifest ${descriptor.digest} of ${source.name}`;
  const bytes = await readChecked(
    await source.fetch(descriptor, options),
    { size: descriptor.size, digest: descriptor.digest, name },
    MAX_MANIFEST_BYTES,
  );
  return parseDocument(descriptor, bytes);
}

/**
 * Parses a manifest or index whose bytes are already checked.
 *
 * @param descriptor what names it; its media type decides what it must be
 * @param bytes the document
 * @throws {BlobberError} `invalid-manifest`
 */
export function parseDocument(
  descriptor: Descriptor,
  bytes: Uint8Array,
): Document<Manifest | Index> {
  const invalid: Invalid = (why) => invalidDocument(`manifest ${descriptor.digest}`, why);
  let json: unknown;
  try {
    json = parseJson(bytes, `manifest ${descriptor.digest}`);
  } catch (cause) {
    throw new BlobberError("invalid-manifest", (cause as Error).message, { cause });
  }
  if (!isObject(json)) throw invalid("it is not a JSON object");
  if (json.schemaVersion !== 2) {
    throw invalid(`its schemaVersion is ${quote(json.schemaVersion)}, expected 2`);
  }
  const { mediaType, artifactType, subject } = json;
  // CVE-2021-41190: one document must not be a manifest to one reader and an index to another.
  if (isGiven(mediaType) && mediaType !== descriptor.mediaType) {
    throw invalid(`its mediaType is ${quote(mediaType)}, expected ${quote(descriptor.mediaType)}`);
  }
  const isThere = (field: string) => isGiven(json[field]);
  if (isThere("manifests") && ["layers", "config", "fsLayers"].some(isThere)) {
    throw invalid('it has both "manifests" and "layers" or "config"');
  }
  const common = {
    schemaVersion: 2 as const,
    ...(isGiven(mediaType) && { mediaType: descriptor.mediaType }),
    ...(isGiven(artifactType) && { artifactType: text(artifactType, "artifactType", invalid) }),
    ...(isGiven(subject) && { subject: parseDescriptor(subject, "subject") }),
    ...(isGiven(json.annotations) && { annotations: annotations(json.annotations, invalid) }),
  };
  if (isIndexType(descriptor.mediaType)) {
    // What Go writes for a list that was never filled is null: an empty one.
    const list = json.manifests === null ? [] : json.manifests;
    if (!Array.isArray(list)) throw invalid('it is an index without "manifests"');
    const manifests = list.map((m, i) => parseDescriptor(m, `manifests[${i}]`));
    return { descriptor, bytes, value: { ...common, manifests } };
  }
  if (!isDocumentType(descriptor.mediaType)) {
    throw invalid(
      `its media type is ${quote(descriptor.mediaType)}, expected that of a manifest or an index`,
    );
  }
  const list = json.layers === null ? [] : json.layers;
  if (!Array.isArray(list)) throw invalid('it has no "layers"');
  if (list.length > MAX_LAYERS) {
    throw invalid(`it has ${list.length} layers, expected at most ${MAX_LAYERS}`);
  }
  const config = parseDescriptor(json.config, "config");
  const layers = list.map((layer, i) => parseDescriptor(layer, `layers[${i}]`));
  return { descriptor, bytes, value: { ...common, config, layers } };
}

/**
 * The media type of a manifest or index by its own word, else by what it consists of: for bytes whose digest
 * is known and whose type was not told. `parseDocument` judges it like one that was.
 *
 * @param bytes the document
 * @returns nothing when it is no such document
 */
export function statedType(bytes: Uint8Array): string | undefined {
  let json: unknown;
  try {
    json = parseJson(bytes, "manifest");
  } catch { // reported when it is parsed
    return undefined;
  }
  if (!isObject(json)) return undefined;
  if (isGiven(json.mediaType)) {
    return typeof json.mediaType === "string" ? json.mediaType : undefined;
  }
  if (isGiven(json.manifests)) return MEDIA_TYPE.index;
  return isGiven(json.layers) || isGiven(json.config) ? MEDIA_TYPE.manifest : undefined;
}

/** Whether an optional field says something: writers put `null` or an empty text where they have nothing. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/**
 * Checks a descriptor from outside (descriptor.md).
 *
 * @param value anything
 * @param what where it stands, for the message
 */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const invalid: Invalid = (why) => invalidDocument(`descriptor ${quote(what)}`, why);
  if (!isObject(value)) throw invalid("it is not a JSON object");
  const { size, data, urls, platform } = value;
  const mediaType = text(value.mediaType, "mediaType", invalid);
  if (!isMediaType(mediaType)) {
    throw invalid(`its mediaType is ${quote(mediaType)}, expected "type/subtype"`);
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw invalid(`its size is ${quote(size)}, expected a count of bytes`);
  }
  const digest = asDigest(value.digest, `digest of ${what}`);
  if (isGiven(data)) {
    const bytes = fromBase64(text(data, "data", invalid));
    if (bytes === undefined || !isContent(bytes, { digest, size: size as number })) {
      throw invalid("its data field is not the content that it names");
    }
  }
  return {
    mediaType,
    digest,
    size: size as number,
    ...(isGiven(value.annotations) && { annotations: annotations(value.annotations, invalid) }),
    ...(isGiven(value.artifactType) && {
      artifactType: text(value.artifactType, "artifactType", invalid),
    }),
    ...(isGiven(platform) && { platform: parsePlatform(platform, invalid) }),
    // Nothing is ever fetched from there: they only explain why something is missing.
    ...(isGiven(urls) && { urls: texts(urls, "urls", invalid) }),
  };
}

/**
 * The descriptor under which a manifest stands in the list of its subject's referrers (distribution spec,
 * "Listing Referrers"): artifact type from the manifest, else from its config, and its annotations.
 *
 * @param document a manifest or index with a subject
 */
export function referrerDescriptor(document: Document<Manifest | Index>): Descriptor {
  const { value, descriptor } = document;
  const artifactType = value.artifactType ||
    ("config" in value ? value.config.mediaType : undefined);
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    ...(artifactType && { artifactType }),
    ...(value.annotations && { annotations: value.annotations }),
  };
}

/**
 * Whether a descriptor from a list of referrers may be of an artifact type. Some registries leave the
 * type out or put the config's there (go-containerregistry: the empty type): only the manifest tells.
 *
 * @param descriptor an entry of the list
 * @param artifactType the type asked for; any when it is not given
 */
export function mayBeOfType(descriptor: Descriptor, artifactType: string | undefined): boolean {
  const { artifactType: claimed } = descriptor;
  return artifactType === undefined || claimed === undefined || claimed === artifactType ||
    claimed === MEDIA_TYPE.empty || claimed === MEDIA_TYPE.config;
}

/** Makes the error for a document or a descriptor. */
type Invalid = (why: string) => BlobberError;

function parsePlatform(value: unknown, invalid: Invalid): Platform {
  if (!isObject(value)) throw invalid("its platform is not a JSON object");
  const variant = value.variant;
  const version = value["os.version"];
  return {
    architecture: text(value.architecture, "platform.architecture", invalid),
    os: text(value.os, "platform.os", invalid),
    ...(isGiven(variant) && { variant: text(variant, "platform.variant", invalid) }),
    ...(isGiven(version) && { "os.version": text(version, "platform.os.version", invalid) }),
  };
}

function annotations(value: unknown, invalid: Invalid): Annotations {
  if (!isObject(value)) throw invalid("its annotations are not a JSON object");
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "string") throw invalid(`its annotation ${quote(key)} is not a string`);
  }
  return value as Annotations;
}

function text(value: unknown, field: string, invalid: Invalid): string {
  if (typeof value !== "string") throw invalid(`its ${field} is not a string`);
  return value;
}

function texts(value: unknown, field: string, invalid: Invalid): string[] {
  if (!Array.isArray(value)) throw invalid(`its ${field} are not a list`);
  return value.map((one) => text(one, field, invalid));
}

function invalidDocument(what: string, why: string): BlobberError {
  return new BlobberError("invalid-manifest", `${what} is not valid: ${why}`);
}
