/**
 * A store in a directory: an OCI image layout (image-layout.md). Reading needs no lock and writes nothing;
 * writing makes the layout when there is none.
 *
 * @module
 */

import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { type Digest, digestOf, isDigest } from "../digest.ts";
import { openFile } from "../disk.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import { readFallback } from "../fallback.ts";
import { withLock } from "../file_lock.ts";
import { errnoOf, fileError, readBounded, sweepBeside, writeAtomic } from "../files.ts";
import { MAX_LAYOUT_MANIFESTS, MAX_MANIFEST_BYTES } from "../limits.ts";
import {
  DOCUMENT_TYPES,
  isDocumentType,
  mayBeOfType,
  parseDocument,
  referrerDescriptor,
} from "../manifest.ts";
import { Pace } from "../pace.ts";
import { quote } from "../printable.ts";
import { isTag, type LayoutReference } from "../reference.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  PutOptions,
  ReferrerOptions,
  Store,
} from "../store.ts";
import { tagTaken } from "../tag_taken.ts";
import {
  ANNOTATION,
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
  MEDIA_TYPE,
} from "../types.ts";
import { parseJson } from "../verified.ts";
import { contentMissing } from "../content_missing.ts";
import { LayoutBlobWriter, sweepIngest } from "./blob_writer.ts";
import { fileStream } from "../file_stream.ts";
import { IndexFile } from "./index_file.ts";
import { type LayoutPaths, layoutPaths } from "./paths.ts";

const MARKER = '{"imageLayoutVersion":"1.0.0"}';
/** What a layout's directory may hold before it is one: another process may be making it. */
const OWN_NAMES = /^(oci-layout|index\.json|blobs|ingest)(\..*)?$/;

/**
 * Opens a layout.
 *
 * @param reference where it is
 */
export function openLayout(reference: LayoutReference): LayoutStore {
  return new LayoutStore(reference.path);
}

/** An OCI layout on disk. */
export class LayoutStore implements Store {
  readonly name: string;
  readonly #paths: LayoutPaths;
  #checked = false;
  #writable = false;
  /** What each manifest refers to and how it is listed then; content never changes. */
  readonly #subjects = new Map<Digest, { subject: Digest; descriptor: Descriptor } | null>();

  /**
   * Names a layout; nothing is read or made yet.
   *
   * @param path its directory
   */
  constructor(path: string) {
    this.name = `oci:${path}`;
    this.#paths = layoutPaths(path);
  }

  /** As {@linkcode Store.resolve}. */
  // deno-lint-ignore require-await -- errors are rejections
  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const index = this.#read();
    const found = isDigest(tagOrDigest)
      ? index.listed(tagOrDigest) ?? this.#unlisted(tagOrDigest)
      : index.tagged(tagOrDigest);
    if (found === undefined) {
      throw new BlobberError("not-found", `${quote(tagOrDigest)} not found in ${this.name}`, {
        hint: whatIsThere(index),
      });
    }
    const { mediaType, digest, size } = found;
    return { mediaType, digest, size };
  }

  /** As {@linkcode Store.fetch}. */
  // deno-lint-ignore require-await -- errors are rejections
  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    options.signal?.throwIfAborted();
    this.#check();
    const file = openFile(this.#paths.blob(target.digest));
    if (file === undefined) {
      throw contentMissing(target, this.name);
    }
    const { start, end } = options.range ?? { start: 0, end: file.size };
    if (start < 0 || end < start || end > file.size) {
      file.close();
      throw new BlobberError(
        "range-not-supported",
        `bytes ${start} to ${end} of ${target.digest} in ${this.name} do not exist, ` +
          `expected at most ${file.size}`,
      );
    }
    return fileStream(file, start, end, options.signal);
  }

  /** As {@linkcode Store.tags}. */
  async *tags(options: CallOptions = {}): AsyncIterable<string> {
    options.signal?.throwIfAborted();
    yield* this.#read().tags();
  }

  /** As {@linkcode Store.referrers}: every manifest listed is asked for its subject. */
  async *referrers(
    subject: Descriptor,
    options: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    options.signal?.throwIfAborted();
    const { via = "auto", artifactType } = options;
    const seen = new Set<Digest>();
    if (via !== "tag") {
      const listed = this.#read().manifests();
      const pace = new Pace();
      for (const [at, one] of listed.entries()) {
        if (at >= MAX_LAYOUT_MANIFESTS) {
          throw new BlobberError(
            "limit",
            `${this.name} lists ${listed.length} manifests, ` +
              `expected at most ${MAX_LAYOUT_MANIFESTS} to look for referrers among`,
          );
        }
        await pace.breathe();
        options.signal?.throwIfAborted();
        const found = this.#referrer(one);
        if (found?.subject !== subject.digest || !mayBeOfType(found.descriptor, artifactType)) {
          continue;
        }
        seen.add(one.digest);
        yield { ...found.descriptor };
      }
    }
    if (via === "api") return;
    for (const one of await readFallback(this, subject, options)) {
      if (!seen.has(one.digest) && mayBeOfType(one, artifactType)) yield one;
    }
  }

  /** As {@linkcode Store.has}. */
  // deno-lint-ignore require-await -- errors are rejections
  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    const path = this.#paths.blob(target.digest);
    try {
      const stat = lstatSync(path);
      if (!stat.isFile() || stat.size !== target.size) return false;
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return false;
      throw fileError("cannot read", path, error);
    }
    return !isDocumentType(target.mediaType) || this.#read().listed(target.digest) !== undefined;
  }

  /** As {@linkcode Store.begin}. */
  // deno-lint-ignore require-await -- errors are rejections
  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted();
    this.#make();
    return new LayoutBlobWriter(this.#paths, options);
  }

  /** As {@linkcode Store.put}. */
  async put(descriptor: Descriptor, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const { mediaType, digest, size } = descriptor;
    if (digestOf(bytes) !== digest || bytes.length !== size) {
      throw new BlobberError(
        "integrity",
        `${this.name} was given ${digestOf(bytes)} (${bytes.length} bytes), ` +
          `expected ${digest} (${size} bytes)`,
      );
    }
    const document = parseDocument({ mediaType, digest, size }, bytes);
    this.#make();
    const writer = new LayoutBlobWriter(this.#paths, options);
    try {
      await writer.write(bytes);
      await writer.commit(descriptor);
    } finally {
      await writer.abort();
    }
    await this.#update(options, (index) => {
      index.add(entryOf(document));
      if (options.tag !== undefined) this.#setTag(index, options.tag, document.descriptor, options);
    });
  }

  /** As {@linkcode Store.tag}. */
  async tag(
    tag: string,
    descriptor: Descriptor,
    options: Omit<PutOptions, "tag"> = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    this.#check();
    await this.#update(options, (index) => {
      const { digest } = descriptor;
      const found = index.listed(digest) ?? this.#unlisted(digest);
      if (!found) throw new BlobberError("not-found", `${digest} not found in ${this.name}`);
      const { mediaType, size } = found;
      this.#setTag(index, tag, { mediaType, digest, size }, options);
    });
  }

  #setTag(index: IndexFile, tag: string, descriptor: Descriptor, options: PutOptions): void {
    if (!isTag(tag)) {
      throw new BlobberError("invalid-reference", `${quote(tag)} is no tag`);
    }
    const now = index.tagged(tag)?.digest;
    if (options.ifAbsent && now !== undefined && now !== descriptor.digest) {
      throw tagTaken(tag, now, this);
    }
    index.tag(tag, descriptor);
  }

  async #update(options: CallOptions, change: (index: IndexFile) => void): Promise<void> {
    await withLock(this.#paths.lock, (held) => {
      const index = IndexFile.read(this.#paths.index);
      change(index);
      index.write(held);
    }, options);
  }

  #read(): IndexFile {
    this.#check();
    return IndexFile.read(this.#paths.index);
  }

  /** A manifest that is in the layout and that only another manifest lists. */
  #unlisted(digest: Digest): Descriptor | undefined {
    const bytes = readBounded(this.#paths.blob(digest), MAX_MANIFEST_BYTES);
    if (bytes === undefined || digestOf(bytes) !== digest) return undefined;
    let json: Record<string, unknown>;
    try {
      json = parseJson(bytes, digest) as Record<string, unknown>;
    } catch {
      return undefined;
    }
    // A manifest may leave its media type out; its fields tell it then (image-index.md, manifest.md).
    const mediaType = json?.mediaType ??
      (Array.isArray(json?.manifests) ? MEDIA_TYPE.index : MEDIA_TYPE.manifest);
    if (typeof mediaType !== "string" || !DOCUMENT_TYPES.includes(mediaType)) return undefined;
    if (!("manifests" in json) && !("layers" in json)) return undefined;
    return { mediaType, digest, size: bytes.length };
  }

  #referrer(one: Descriptor): { subject: Digest; descriptor: Descriptor } | null {
    const known = this.#subjects.get(one.digest);
    if (known !== undefined) return known;
    let found: { subject: Digest; descriptor: Descriptor } | null = null;
    try {
      const { mediaType, digest, size } = one;
      const bytes = readBounded(this.#paths.blob(digest), MAX_MANIFEST_BYTES);
      if (bytes && digestOf(bytes) === digest) {
        const document = parseDocument({ mediaType, digest, size }, bytes);
        const subject = document.value.subject?.digest;
        if (subject) found = { subject, descriptor: referrerDescriptor(document) };
      }
    } catch (error) {
      // What cannot be read refers to nothing; whoever asks for it by name is told why.
      if (!isBlobberError(error)) throw error;
    }
    this.#subjects.set(one.digest, found);
    return found;
  }

  /** Whether this is a layout that can be read. */
  #check(): void {
    if (this.#checked) return;
    const { root, marker } = this.#paths;
    const bytes = readBounded(marker, MAX_MANIFEST_BYTES);
    if (bytes === undefined) {
      throw new BlobberError(
        "not-found",
        `${this.name} not found: no OCI layout in ${quote(root)}`,
      );
    }
    const { imageLayoutVersion: version } = (parseJson(bytes, marker) ?? {}) as {
      imageLayoutVersion?: unknown;
    };
    if (typeof version !== "string" || !/^1\.\d+\.\d+$/.test(version)) {
      throw new BlobberError(
        "invalid-manifest",
        `${quote(marker)} says version ${quote(version)}, expected "1.0.0"`,
      );
    }
    this.#checked = true;
  }

  /** Makes the layout, or sees that it is there. Any number of processes may do so at once. */
  #make(): void {
    if (this.#writable) return;
    const { root, marker, blobs } = this.#paths;
    try {
      mkdirSync(root, { recursive: true });
      const names = readdirSync(root);
      if (!names.includes("oci-layout")) {
        const strange = names.find((name) => !OWN_NAMES.test(name));
        if (strange !== undefined) {
          throw new BlobberError(
            "conflict",
            `${quote(root)} is no OCI layout and is not empty: it has ${quote(strange)}`,
            { hint: "name an empty or a new directory" },
          );
        }
        writeAtomic(marker, new TextEncoder().encode(MARKER));
      }
      this.#check();
      mkdirSync(blobs, { recursive: true });
    } catch (error) {
      throw fileError("cannot write", root, error);
    }
    sweepIngest(this.#paths);
    sweepBeside(root);
    this.#writable = true;
  }
}

/** How a manifest is listed. A name that it claims for itself is no tag of the layout. */
function entryOf(document: Document<Manifest | Index>): Descriptor {
  const { mediaType, digest, size } = document.descriptor;
  if (document.value.subject === undefined) return { mediaType, digest, size };
  const { annotations, ...rest } = referrerDescriptor(document);
  const { [ANNOTATION.refName]: _, ...kept } = annotations ?? {};
  return { ...rest, ...(Object.keys(kept).length > 0 && { annotations: kept }) };
}

function whatIsThere(index: IndexFile): string {
  const some = (names: string[]) =>
    names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  const tags = index.tags();
  if (tags.length > 0) return `its tags are: ${some(tags)}`;
  const digests = index.manifests().map((one) => one.digest);
  return digests.length === 0
    ? "it is empty"
    : `it has no tags; name one of its manifests by digest: ${some(digests)}`;
}
