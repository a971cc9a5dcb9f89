/**
 * A receipt as the place where an artifact is: it gives what a pull noted, and nothing else. What reads it checks
 * each byte against a digest, as it does with what a registry sends.
 *
 * @module
 */

import {
  isDocumentType,
  mayBeOfType,
  parseDocument,
  referrerDescriptor,
} from "../../artifact/manifest.ts";
import { isDigest } from "../../digest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import type { CallOptions, FetchOptions, ReferrerOptions, Source } from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor } from "../../types.ts";
import type { Receipt, ReceiptPart } from "./receipt.ts";

const PLATFORM = { option: "platform" } as const;

/** Gives what a receipt holds. */
export class ReceiptSource implements Source {
  readonly name: string;
  readonly #receipt: Receipt;
  readonly #tag: string | undefined;
  readonly #parts: ReadonlyMap<string, ReceiptPart>;

  /**
   * @param receipt what it holds
   * @param options its name, for messages, and the tag that was pulled, where it was one
   */
  constructor(receipt: Receipt, { name, tag }: { name: string; tag: string | undefined }) {
    this.name = name;
    this.#receipt = receipt;
    this.#tag = tag;
    this.#parts = new Map(receipt.parts.map((part) => [part.descriptor.digest, part]));
  }

  /** As {@linkcode Source.resolve}. */
  // deno-lint-ignore require-await -- errors are rejections
  async resolve(tagOrDigest: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    checkAborted(signal);
    const { root, tags } = this.#receipt;
    const found = tagOrDigest === this.#tag || tagOrDigest === root.digest
      ? root
      : isDigest(tagOrDigest)
      ? this.#parts.get(tagOrDigest)?.descriptor
      : tags.get(tagOrDigest);
    if (found !== undefined) return { ...found };
    throw new BlobberError("not-found", `${quote(tagOrDigest)} not found in ${this.name}`);
  }

  /** As {@linkcode Source.fetch}. */
  // deno-lint-ignore require-await -- errors are rejections
  async fetch(
    target: Descriptor,
    { range, signal }: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    checkAborted(signal);
    const { digest, size } = target;
    const part = this.#parts.get(digest);
    const { start, end } = range ?? { start: 0, end: size };
    if (part === undefined || start < part.start || end > part.start + part.bytes.length) {
      const hint = isDocumentType(target.mediaType)
        ? ["it holds one manifest of an index: name what was pulled with ", PLATFORM] as const
        : "it holds tables of contents alone: check against the registry, without it";
      throw new BlobberError("not-found", `${this.name} does not hold ${digest}`, { hint });
    }
    return streamOf(part.bytes.subarray(start - part.start, end - part.start));
  }

  /** Where what it holds of a blob begins: of a layer, its table. */
  startOf({ digest }: Descriptor): number | undefined {
    return this.#parts.get(digest)?.start;
  }

  /** As {@linkcode Source.tags}: the one that was pulled. */
  async *tags(): AsyncIterable<string> {
    if (this.#tag !== undefined) yield this.#tag;
  }

  /** As {@linkcode Source.referrers}. */
  async *referrers(
    subject: Descriptor,
    { artifactType, via, signal }: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    checkAborted(signal);
    if (via === "tag") return;
    for (const { descriptor, bytes } of this.#parts.values()) {
      if (!isDocumentType(descriptor.mediaType)) continue;
      const document = parseDocument(descriptor, bytes);
      if (document.value.subject?.digest !== subject.digest) continue;
      const found = referrerDescriptor(document);
      if (mayBeOfType(found, artifactType)) yield found;
    }
  }
}
