/**
 * A store in a directory: an OCI image layout (image-layout.md). Reading needs no lock and writes nothing;
 * writing makes the layout when there is none.
 *
 * @module
 */

import { lstatSync } from "node:fs";
import { type Digest, digestOf, isDigest } from "../../digest.ts";
import { openFile } from "../../system/disk.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { type FileIdentity, isSame } from "../../system/held_directory.ts";
import { readFallback } from "../../artifact/fallback_tag.ts";
import { withLock } from "../../system/file_lock.ts";
import {
  errnoOf,
  fileError,
  readBounded,
  shownPath,
  sweepBeside,
  writeAtomic,
} from "../../system/files.ts";
import { MAX_LAYOUT_MANIFESTS, MAX_MANIFEST_BYTES } from "../../limits.ts";
import {
  isDocumentType,
  mayBeOfType,
  parseDocument,
  referrerDescriptor,
} from "../../artifact/manifest.ts";
import { isObject, parseJson } from "../../json.ts";
import { Pace } from "../../system/pace.ts";
import { quote } from "../../printable.ts";
import { checkTag, type LayoutReference } from "../../reference.ts";
import type {
  BlobWriter,
  CallOptions,
  FetchOptions,
  ReferrerOptions,
  SetTagOptions,
  Store,
} from "../../store.ts";
import { tagTaken } from "../../artifact/tag_taken.ts";
import type { Descriptor } from "../../types.ts";
import { contentMissing } from "../../artifact/content_missing.ts";
import { LayoutBlobWriter, sweepIngest } from "./blob_writer.ts";
import { fileStream } from "../../system/file_stream.ts";
import { IndexFile } from "./index_file.ts";
import { entryOf, unlisted, whatIsThere } from "./listed.ts";
import { LayoutDirectory, type LayoutOptions } from "./layout_directory.ts";

const MARKER = '{"imageLayoutVersion":"1.0.0"}';
/** What a layout's directory may hold before it is one: another process may be making it. */
const OWN_NAMES = /^(oci-layout|index\.json|blobs|ingest)(\..*)?$/;

/**
 * Opens a layout.
 *
 * @param reference where it is
 */
export function openLayout(reference: LayoutReference, options: LayoutOptions = {}): LayoutStore {
  return new LayoutStore(reference.path, options);
}

/** An OCI layout on disk. */
export class LayoutStore implements Store {
  readonly name: string;
  readonly #path: string;
  readonly #options: LayoutOptions;
  /** The directory that was found to be a layout. */
  #checked: FileIdentity | undefined;
  /** The directory in which what killed writers left was removed. */
  #swept: FileIdentity | undefined;
  /** What each manifest refers to and how it is listed then; content never changes. */
  readonly #subjects = new Map<Digest, { subject: Digest; descriptor: Descriptor } | null>();

  /**
   * Names a layout; nothing is read or made yet.
   *
   * @param path its directory
   * @param options how it is opened
   */
  constructor(path: string, options: LayoutOptions = {}) {
    this.name = `oci:${path}`;
    this.#path = path;
    this.#options = options;
  }

  /** As {@linkcode Store.resolve}. */
  // deno-lint-ignore require-await -- errors are rejections
  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    return this.#with((layout) => {
      const index = IndexFile.read(layout.index);
      const found = isDigest(tagOrDigest)
        ? index.listed(tagOrDigest) ?? unlisted(layout, tagOrDigest)
        : index.tagged(tagOrDigest);
      if (found === undefined) {
        throw new BlobberError("not-found", `${quote(tagOrDigest)} not found in ${this.name}`, {
          hint: whatIsThere(index),
        });
      }
      const { mediaType, digest, size } = found;
      return { mediaType, digest, size };
    });
  }

  /** As {@linkcode Store.fetch}. */
  // deno-lint-ignore require-await -- errors are rejections
  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    options.signal?.throwIfAborted();
    const file = this.#with((layout) => {
      const path = layout.blob(target.digest);
      return path === undefined ? undefined : openFile(path);
    });
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
    yield* this.#with((layout) => IndexFile.read(layout.index)).tags();
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
      const layout = this.#open();
      try {
        const pace = new Pace();
        const listed = IndexFile.read(layout.index).manifests();
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
          const found = this.#referrer(layout, one);
          if (found?.subject !== subject.digest || !mayBeOfType(found.descriptor, artifactType)) {
            continue;
          }
          seen.add(one.digest);
          yield { ...found.descriptor };
        }
      } finally {
        layout.close();
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
    const layout = LayoutDirectory.find(this.#path, this.#options);
    const path = layout?.blob(target.digest);
    try {
      if (layout === undefined || path === undefined) return false;
      const stat = lstatSync(path);
      if (!stat.isFile() || stat.size !== target.size) return false;
      if (!isDocumentType(target.mediaType)) return true;
      this.#check(layout);
      return IndexFile.read(layout.index).listed(target.digest) !== undefined;
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return false;
      throw fileError("cannot read", path!, error);
    } finally {
      layout?.close();
    }
  }

  /** As {@linkcode Store.begin}. */
  // deno-lint-ignore require-await -- errors are rejections
  async begin(_mediaType: string, options: CallOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted();
    return new LayoutBlobWriter(this.#make(), options);
  }

  /** As {@linkcode Store.put}. */
  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
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
    const writer = new LayoutBlobWriter(this.#make(), options);
    try {
      await writer.write(bytes);
      await writer.commit(descriptor);
    } finally {
      await writer.abort();
    }
    await this.#update(options, (_, index) => index.add(entryOf(document)));
  }

  /** As {@linkcode Store.tag}. */
  async tag(tag: string, descriptor: Descriptor, options: SetTagOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#with(() => {}); // what is no layout is not made one
    await this.#update(options, (layout, index) => {
      const { digest } = descriptor;
      const found = index.listed(digest) ?? unlisted(layout, digest);
      if (!found) throw new BlobberError("not-found", `${digest} not found in ${this.name}`);
      const { mediaType, size } = found;
      checkTag(tag);
      const now = index.tagged(tag)?.digest;
      if (options.ifAbsent && now !== undefined && now !== digest) throw tagTaken(tag, now, this);
      index.tag(tag, { mediaType, digest, size });
    });
  }

  async #update(
    options: CallOptions,
    change: (layout: LayoutDirectory, index: IndexFile) => void,
  ): Promise<void> {
    const layout = this.#make();
    try {
      await withLock(layout.lock, (held) => {
        const index = IndexFile.read(layout.index);
        change(layout, index);
        index.write(held);
      }, options);
    } finally {
      layout.close();
    }
  }

  /** Opens the layout, which must be one. */
  #open(): LayoutDirectory {
    const layout = LayoutDirectory.find(this.#path, this.#options);
    if (layout === undefined) throw this.#noLayout();
    try {
      this.#check(layout);
      return layout;
    } catch (error) {
      layout.close();
      throw error;
    }
  }

  /** Opens it for as long as something is read. */
  #with<T>(read: (layout: LayoutDirectory) => T): T {
    const layout = this.#open();
    try {
      return read(layout);
    } finally {
      layout.close();
    }
  }

  #noLayout(): BlobberError {
    return new BlobberError(
      "not-found",
      `${this.name} not found: no OCI layout in ${quote(this.#path)}`,
    );
  }

  #referrer(
    layout: LayoutDirectory,
    one: Descriptor,
  ): { subject: Digest; descriptor: Descriptor } | null {
    const known = this.#subjects.get(one.digest);
    if (known !== undefined) return known;
    let found: { subject: Digest; descriptor: Descriptor } | null = null;
    try {
      const { mediaType, digest, size } = one;
      const path = layout.blob(digest);
      const bytes = path === undefined ? undefined : readBounded(path, MAX_MANIFEST_BYTES);
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

  /** Demands that this is a layout that can be read. */
  #check({ root, marker }: LayoutDirectory): void {
    if (this.#checked !== undefined && isSame(this.#checked, root.stat)) return;
    const bytes = readBounded(marker, MAX_MANIFEST_BYTES);
    if (bytes === undefined) throw this.#noLayout();
    const json = parseJson(bytes, shownPath(marker));
    const version = isObject(json) ? json.imageLayoutVersion : undefined;
    if (typeof version !== "string" || !/^1\.\d+\.\d+$/.test(version)) {
      throw new BlobberError(
        "invalid-manifest",
        `${quote(shownPath(marker))} says version ${quote(version)}, expected "1.0.0"`,
      );
    }
    const { dev, ino } = root.stat;
    this.#checked = { dev, ino };
  }

  /** Makes the layout, or sees that it is there. Any number of processes may do so at once. */
  #make(): LayoutDirectory {
    const layout = LayoutDirectory.make(this.#path, this.#options);
    const { root, marker } = layout;
    try {
      if (this.#swept !== undefined && isSame(this.#swept, root.stat)) return layout;
      const names = root.names();
      if (!names.includes("oci-layout")) {
        const strange = names.find((name) => !OWN_NAMES.test(name));
        if (strange !== undefined) {
          throw new BlobberError(
            "conflict",
            `${quote(root.path)} is no OCI layout and is not empty: it has ${quote(strange)}`,
            { hint: "name an empty or a new directory" },
          );
        }
        writeAtomic(marker, new TextEncoder().encode(MARKER));
      }
      this.#check(layout);
      layout.makeBlobs();
      sweepIngest(layout);
      sweepBeside(root.at);
      const { dev, ino } = root.stat;
      this.#swept = { dev, ino };
      return layout;
    } catch (error) {
      layout.close();
      throw fileError("cannot write", root.path, error);
    }
  }
}
