/**
 * Manifests of a repository: found by tag or digest, kept in a small memory so that finding one and reading
 * it are one request, and put.
 *
 * @module
 */

import { checkDigest } from "../../checked_content.ts";
import { computeDigest, type Digest, isDigest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { DOCUMENT_TYPES, parseDocument, statedType } from "../../artifact/manifest.ts";
import { quote } from "../../text/printable.ts";
import { isTag } from "../../reference.ts";
import type { CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { contentType, discardBody, isTypeOfAnything, readBody } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import type { Access, Repository } from "../repository.ts";

const ACCEPT = DOCUMENT_TYPES.join(", ");
/** Bytes of manifests that are remembered: a few of them, of the largest size that there is. */
const MEMORY_BYTES = 2 * MAX_MANIFEST_BYTES;

/**
 * Checks that a text is a tag or a digest: else the path of a request would be another one.
 *
 * @param text what stands in the path
 * @throws {BlobberError} `invalid-reference`
 */
export function checkSelector(text: string): void {
  if (isDigest(text) || isTag(text)) return;
  throw new BlobberError("invalid-reference", `${quote(text)} is neither a tag nor a digest`);
}

/** A manifest as the registry gave it, its digest computed. */
export interface FoundManifest {
  descriptor: Descriptor;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The manifests of a repository. */
export class Manifests {
  readonly #repository: Repository;
  readonly #observer: Pick<Observer, "onNotice">;
  readonly #memory = new Map<Digest, FoundManifest>();
  #remembered = 0;
  #toldType = false;

  /**
   * @param repository whose manifests
   * @param observer told of what is odd and no error
   */
  constructor(repository: Repository, observer: Pick<Observer, "onNotice">) {
    this.#repository = repository;
    this.#observer = observer;
  }

  /**
   * Gets a manifest. The digest is that of the bytes that came; for a digest, they are what it names.
   *
   * @param reference tag or digest
   * @throws {BlobberError} `not-found`, `integrity`, `invalid-manifest`, `limit`
   */
  async get(
    reference: string,
    options: CallOptions & { access?: Access | undefined; type?: string | undefined } = {},
  ): Promise<FoundManifest> {
    checkSelector(reference);
    checkAborted(options.signal);
    const known = isDigest(reference) ? this.held(reference) : undefined;
    if (known !== undefined) return known;
    const { access = "pull", type, signal } = options;
    const { name } = this.#repository;
    const what = isDigest(reference) ? `manifest ${reference}` : `tag ${quote(reference)}`;
    const response = await this.#repository.expect(
      access,
      {
        method: "GET",
        to: this.#repository.at(`manifests/${reference}`),
        headers: { accept: type === undefined || DOCUMENT_TYPES.includes(type) ? ACCEPT : type },
        signal,
      },
      { statuses: [200], doing: `reading ${what}`, subject: what },
    );
    const bytes = await readBody(response, MAX_MANIFEST_BYTES, `${what} of ${name}`);
    const digest = await computeDigest(bytes);
    // Distribution spec, "Pulling manifests": the header, where there is one, must be right too.
    const claimed = response.headers.get("docker-content-digest");
    for (const expected of [isDigest(reference) ? reference : null, claimed]) {
      if (expected === null) continue;
      checkDigest({
        actual: digest,
        expected,
        name: `${what} of ${name}`,
        hint: "what the registry sent is not what it says; nothing of it was used",
      });
    }
    const mediaType = this.#typeOf(response, bytes, what);
    const found = { descriptor: { mediaType, digest, size: bytes.length }, bytes };
    parseDocument(found.descriptor, bytes);
    this.remember(found);
    return found;
  }

  /**
   * The media type of a manifest: what the header says. `parseDocument` then checks the document against it
   * (CVE-2021-41190). Where the header names no type of a manifest but one for any bytes, as servers do that
   * know nothing of manifests, the document speaks for itself.
   */
  #typeOf(response: HttpResponse, bytes: Uint8Array, what: string): string {
    const type = contentType(response);
    if (!isTypeOfAnything(type)) return type;
    if (type !== "" && !this.#toldType) {
      this.#toldType = true;
      notify(this.#observer, {
        level: "warning",
        code: "manifest-content-type",
        message: `${response.url.host} sends ${what} with the Content-Type ${quote(type)}: ` +
          "the type that the document states is used",
      });
    }
    return statedType(bytes) ?? type;
  }

  /** A manifest that was got or put before, while it is remembered. */
  held(digest: Digest): FoundManifest | undefined {
    return this.#memory.get(digest);
  }

  /**
   * What a tag names, by the cheapest request; nothing when there is no such tag. What is no manifest that can be
   * used has a name too.
   *
   * @param tag the tag
   */
  async named(
    tag: string,
    options: CallOptions = {},
  ): Promise<Pick<Descriptor, "mediaType" | "digest"> | undefined> {
    const found = await this.#look(tag, "pull", options);
    if (found === "absent") return undefined;
    const [type, digest] = found instanceof Headers
      ? [contentType({ headers: found }), found.get("docker-content-digest")]
      : ["", null];
    if (isDigest(digest) && !isTypeOfAnything(type)) return { mediaType: type, digest };
    try {
      return (await this.get(tag, options)).descriptor;
    } catch (error) {
      if (isBlobberError(error, "not-found")) return undefined;
      const broken = isBlobberError(error, "invalid-manifest", "limit");
      if (broken && isDigest(digest)) return { mediaType: "application/octet-stream", digest };
      throw error;
    }
  }

  /**
   * The digest that a tag points to, by the cheapest request; nothing when there is no such tag.
   *
   * @param tag the tag
   */
  async digestOfTag(tag: string, options: CallOptions = {}): Promise<Digest | undefined> {
    const found = await this.#look(tag, "push", options);
    if (found === "absent") return undefined;
    const digest = found instanceof Headers ? found.get("docker-content-digest") : null;
    if (isDigest(digest)) return digest;
    try {
      return (await this.get(tag, { ...options, access: "push" })).descriptor.digest;
    } catch (error) {
      if (isBlobberError(error, "not-found")) return undefined;
      throw error;
    }
  }

  #look(
    tag: string,
    access: Access,
    { signal }: CallOptions,
  ): Promise<Headers | "absent" | "unknown"> {
    checkSelector(tag);
    return this.#repository.head({
      access,
      path: `manifests/${tag}`,
      accept: ACCEPT,
      attempt: { doing: `looking for tag ${quote(tag)}` },
      signal,
    });
  }

  /** Whether there is a manifest of that digest; `true` as well where this registry does not say. */
  async mayExist(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    const found = await this.#repository.head({
      access: "push",
      path: `manifests/${digest}`,
      accept: ACCEPT,
      attempt: { doing: `looking for manifest ${digest}` },
      signal: options.signal,
    });
    return found !== "absent";
  }

  /**
   * Puts a manifest under a tag or its digest. A tag that the registry does not move and that names this
   * manifest already is as good as set.
   *
   * @returns what the answer says, which may be about the subject
   * @throws {BlobberError} `integrity` when the registry stored something else; `conflict` for a tag that
   * the registry does not move
   */
  async put(
    reference: string,
    manifest: { descriptor: Descriptor; bytes: Uint8Array },
    options: CallOptions = {},
  ): Promise<Headers> {
    const { descriptor, bytes } = manifest;
    const { name } = this.#repository;
    let response: HttpResponse;
    try {
      response = await this.#repository.expect(
        "push",
        {
          method: "PUT",
          to: this.#repository.at(`manifests/${reference}`),
          headers: { "content-type": descriptor.mediaType },
          body: bytes,
          signal: options.signal,
        },
        { statuses: [200, 201, 202, 204], doing: `putting manifest ${descriptor.digest}` },
      );
    } catch (error) {
      if (isDigest(reference)) throw error;
      const { whyNotMoved } = await import("./immutable_tag.ts");
      const reason = await whyNotMoved(
        error,
        { tag: reference, descriptor, name },
        () => this.digestOfTag(reference, options),
      );
      if (reason !== undefined) throw reason;
      return new Headers();
    }
    await discardBody(response);
    const stored = response.headers.get("docker-content-digest");
    if (stored !== null && stored !== descriptor.digest) {
      throw new BlobberError(
        "integrity",
        `${name} stored the manifest as ${quote(stored)}, expected ${descriptor.digest}`,
        {
          hint: "the registry changes what it is given; nothing was signed or tagged by this call",
        },
      );
    }
    this.remember({ descriptor, bytes: bytes.slice() });
    return response.headers;
  }

  /** Forgets a manifest that was removed. */
  forget(digest: Digest): void {
    const found = this.#memory.get(digest);
    if (found === undefined) return;
    this.#memory.delete(digest);
    this.#remembered -= found.bytes.length;
  }

  /** Keeps a manifest whose digest was computed, so that it is not fetched again. */
  remember(found: FoundManifest): void {
    const { mediaType, digest, size } = found.descriptor;
    if (this.#memory.has(digest)) return;
    this.#memory.set(digest, { ...found, descriptor: { mediaType, digest, size } });
    this.#remembered += found.bytes.length;
    for (const [oldest, { bytes }] of this.#memory) {
      if (this.#remembered <= MEMORY_BYTES || oldest === digest) break;
      this.#memory.delete(oldest);
      this.#remembered -= bytes.length;
    }
  }
}
