/**
 * `index.json`: which manifests a layout holds and what they are called (image-layout.md, "index.json").
 * What another tool wrote into it and blobber does not know is kept.
 *
 * It is rewritten in one step under `index.json.lock`, which is held for milliseconds and gone afterwards.
 * Every manifest is listed, tagged or not, referrers with their type and annotations; which manifest one
 * refers to is read from the manifest itself.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { readBounded, writeAtomic } from "../../system/files.ts";
import { shownPath } from "../../system/system_error.ts";
import type { Held } from "../../system/file_lock.ts";
import { MAX_INDEX_FILE_BYTES } from "../../limits.ts";
import { parseDescriptor } from "../../artifact/manifest.ts";
import { quote } from "../../text/printable.ts";
import { checkTag, isTag } from "../../reference.ts";
import { ANNOTATION, type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { isObject, parseJson } from "../../json.ts";

type Json = Record<string, unknown>;

/** The content of an `index.json`. */
export class IndexFile {
  readonly #path: string;
  readonly #document: Json;
  /** Entries as they stand in the file, beside what they mean. */
  #entries: { raw: Json; descriptor: Descriptor }[];

  private constructor(path: string, document: Json) {
    this.#path = path;
    this.#document = document;
    this.#entries = (document.manifests as unknown[]).map((raw, i) => ({
      raw: raw as Json,
      descriptor: parseDescriptor(raw, `manifests[${i}] of ${shownPath(path)}`),
    }));
  }

  /**
   * Reads the file; an empty one when there is none.
   *
   * @throws {BlobberError} `invalid-manifest`, `limit`, `file-system`
   */
  static read(path: string): IndexFile {
    const bytes = readBounded(path, MAX_INDEX_FILE_BYTES);
    if (bytes === undefined) {
      return new IndexFile(path, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.index,
        manifests: [],
      });
    }
    const invalidIndex = (why: string) =>
      new BlobberError(
        "invalid-manifest",
        `${quote(shownPath(path))} is not an OCI index: ${why}`,
      );
    let json: unknown;
    try {
      json = parseJson(bytes, path);
    } catch {
      throw invalidIndex("it is not JSON");
    }
    if (!isObject(json)) throw invalidIndex("it is not a JSON object");
    const document: Json = json;
    if (document.schemaVersion !== 2) throw invalidIndex("its schemaVersion is not 2");
    if (document.mediaType !== undefined && document.mediaType !== MEDIA_TYPE.index) {
      throw invalidIndex(`its mediaType is ${quote(document.mediaType)}`);
    }
    document.manifests ??= []; // what Go writes for none
    if (!Array.isArray(document.manifests)) throw invalidIndex('its "manifests" are not a list');
    if ("layers" in document || "config" in document) throw invalidIndex('it also has "layers"');
    return new IndexFile(path, document);
  }

  /** Every manifest listed, each once, in the order of the file. */
  manifests(): Descriptor[] {
    const found = new Map<Digest, Descriptor>();
    for (const { descriptor } of this.#entries) {
      if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor);
    }
    return [...found.values()];
  }

  /** Every tag, each once, in the order of the file. Names that are no tags are left out. */
  tags(): string[] {
    const names = this.#entries.map((entry) => tagOf(entry.descriptor) ?? "");
    return [...new Set(names.filter(isTag))];
  }

  /**
   * What a tag points at.
   *
   * @throws {BlobberError} `invalid-manifest` when it points at two things
   */
  tagged(tag: string): Descriptor | undefined {
    const found = this.#entries.filter((entry) => tagOf(entry.descriptor) === tag);
    const [first] = found;
    if (found.some((entry) => entry.descriptor.digest !== first?.descriptor.digest)) {
      throw new BlobberError(
        "invalid-manifest",
        `${quote(shownPath(this.#path))} has two manifests with the tag ${quote(tag)}`,
        { hint: "name one of them by its digest" },
      );
    }
    return first?.descriptor;
  }

  /** What a digest names, when it is listed. */
  listed(digest: Digest): Descriptor | undefined {
    return this.#entries.find((entry) => entry.descriptor.digest === digest)?.descriptor;
  }

  /** The tags that name a digest. */
  tagsOf(digest: Digest): string[] {
    return this.tags().filter((tag) =>
      this.#entries.some((one) => tagOf(one.descriptor) === tag && one.descriptor.digest === digest)
    );
  }

  /** Lists a manifest, unless it is listed. */
  add(descriptor: Descriptor): void {
    if (!this.listed(descriptor.digest)) this.#push(descriptor);
  }

  /**
   * Points a tag at a manifest. What it pointed at stays listed.
   *
   * @throws {BlobberError} `invalid-reference` for what is no tag
   */
  tag(tag: string, descriptor: Descriptor): void {
    checkTag(tag);
    const { digest } = descriptor;
    this.untag(tag);
    const free = this.#entries.find((one) =>
      one.descriptor.digest === digest && tagOf(one.descriptor) === undefined
    );
    if (free) this.#rename(free, tag);
    else this.#push({ ...descriptor, annotations: { [ANNOTATION.refName]: tag } });
  }

  /** Takes a tag away. What it pointed at stays listed. */
  untag(tag: string): void {
    for (const entry of this.#entries.filter((one) => tagOf(one.descriptor) === tag)) {
      const others = this.#entries.filter((one) =>
        one !== entry && one.descriptor.digest === entry.descriptor.digest
      );
      if (others.length > 0) this.#entries.splice(this.#entries.indexOf(entry), 1);
      else this.#rename(entry, undefined);
    }
  }

  /** Lists a manifest no more, by whatever names it was. */
  remove(digest: Digest): void {
    this.#entries = this.#entries.filter((one) => one.descriptor.digest !== digest);
  }

  /** Writes the file, in one step. */
  write(held: Held): void {
    const document = { ...this.#document, manifests: this.#entries.map((entry) => entry.raw) };
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    if (bytes.length > MAX_INDEX_FILE_BYTES) {
      throw new BlobberError(
        "limit",
        `${quote(shownPath(this.#path))} would have ${bytes.length} bytes, ` +
          `expected at most ${MAX_INDEX_FILE_BYTES}`,
      );
    }
    writeAtomic(this.#path, bytes, { before: () => held.check() });
  }

  #push(descriptor: Descriptor): void {
    this.#entries.push({ raw: { ...descriptor }, descriptor });
  }

  #rename(entry: { raw: Json; descriptor: Descriptor }, tag: string | undefined): void {
    const annotations = { ...entry.raw.annotations as Record<string, string> | undefined };
    if (tag === undefined) delete annotations[ANNOTATION.refName];
    else annotations[ANNOTATION.refName] = tag;
    const { annotations: _, ...rest } = entry.raw;
    entry.raw = Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
    entry.descriptor = parseDescriptor(entry.raw, shownPath(this.#path));
  }
}

function tagOf(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[ANNOTATION.refName];
}
