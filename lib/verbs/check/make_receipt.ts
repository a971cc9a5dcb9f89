/**
 * Makes the receipt of a pull: all that a check of the directory needs later, without the registry.
 *
 * @module
 */

import { readChecked } from "../../checked_content.ts";
import { isIndex, readDocument } from "../../artifact/manifest.ts";
import { cosignTag } from "../../artifact/cosign_tags.ts";
import { nestedIndexes } from "../../artifact/platform.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_CONFIG_BYTES, MAX_RECEIPT_BYTES, MAX_SIGNATURE_BYTES } from "../../limits.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Receipt, ReceiptPart } from "../../stores/receipt/receipt.ts";
import { counted } from "../../text/printable.ts";
import {
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
  MEDIA_TYPE,
} from "../../types.ts";
import type { ReadLayer } from "../pull/settings.ts";
import type { Artifact } from "../resolve.ts";

/** Media types of configs that say something about the layers. */
const IMAGE_CONFIGS: readonly string[] = [MEDIA_TYPE.config, MEDIA_TYPE.dockerConfig];

/** Bytes of parts: base64 has four characters for three of them, and names stand beside. */
const MOST = MAX_RECEIPT_BYTES / 2;

/** A receipt that is made while its artifact is pulled. */
export class ReceiptMaker {
  readonly #reference: string;
  readonly #artifact: Artifact;
  readonly #tags = new Map<string, Descriptor>();
  readonly #parts = new Map<string, ReceiptPart>();
  #bytes = 0;

  private constructor(reference: string, artifact: Artifact) {
    this.#reference = reference;
    this.#artifact = artifact;
  }

  /**
   * Collects what comes before the layers: the manifest, with the indexes that it was chosen from, its config, and
   * the signatures that were accepted.
   *
   * @param source where the artifact is
   * @param artifact it, with what was proven
   * @param reference by which it was named
   * @throws {BlobberError} `limit`, and what the source throws
   */
  static async begin(
    source: Source,
    artifact: Artifact,
    { reference, signal }: CallOptions & { reference: string },
  ): Promise<ReceiptMaker> {
    const maker = new ReceiptMaker(reference, artifact);
    const { root, manifest, proofs } = artifact;
    maker.#document(root);
    if (isIndex(root)) {
      for (const index of await nestedIndexes(source, root, { signal })) maker.#document(index);
    }
    maker.#document(manifest);
    const { config } = manifest.value;
    if (IMAGE_CONFIGS.includes(config.mediaType)) {
      await maker.#blob(source, config, { most: MAX_CONFIG_BYTES, signal });
    }
    for (const { signature, signed } of proofs) {
      const document = await readDocument(source, signature, { signal });
      maker.#document(document);
      const subject = (signed === "root" ? root : manifest).descriptor;
      // A signature without a subject was found by its tag.
      if (document.value.subject === undefined) {
        maker.#tags.set(cosignTag(subject.digest, "sig"), document.descriptor);
      }
      if (!("layers" in document.value)) continue;
      for (const layer of document.value.layers) {
        await maker.#blob(source, layer, { most: MAX_SIGNATURE_BYTES, signal });
      }
    }
    return maker;
  }

  /**
   * Adds the tables of the layers, as they are stored: the pull has read and checked them.
   *
   * @param archives of the manifest
   * @throws {BlobberError} `invalid-option` for a layer without a table, whose content would be needed; `limit`
   */
  tables(archives: readonly ReadLayer[]): void {
    for (const { descriptor, table } of archives) {
      if (table === undefined) throw withoutTable(descriptor);
      const { tail, footer: { tocStart } } = table;
      this.#add(descriptor, tail.bytes.slice(tocStart - tail.start), tocStart);
    }
  }

  /** The receipt. */
  get receipt(): Receipt {
    const { root, manifest } = this.#artifact;
    return {
      reference: this.#reference,
      root: root.descriptor,
      manifest: manifest.descriptor.digest,
      tags: this.#tags,
      parts: [...this.#parts.values()],
    };
  }

  #document({ descriptor, bytes }: Document<Manifest | Index>): void {
    this.#add(descriptor, new Uint8Array(bytes));
  }

  async #blob(
    source: Source,
    descriptor: Descriptor,
    { most, signal }: CallOptions & { most: number },
  ): Promise<void> {
    const { digest, size } = descriptor;
    const stream = await source.fetch(descriptor, { signal });
    const name = `blob ${digest} of ${source.name}`;
    this.#add(descriptor, await readChecked(stream, { size, digest, name }, most));
  }

  #add(descriptor: Descriptor, bytes: Uint8Array<ArrayBufferLike>, start = 0): void {
    if (this.#parts.has(descriptor.digest)) return;
    this.#bytes += bytes.length;
    if (this.#bytes > MOST) {
      throw new BlobberError("limit", `the receipt holds more than ${counted(MOST, "byte")}`, {
        hint: "pull without a receipt, and check against the registry",
      });
    }
    const { mediaType, digest, size } = descriptor;
    const part = { descriptor: { mediaType, digest, size }, start, bytes: new Uint8Array(bytes) };
    this.#parts.set(digest, part);
  }
}

function withoutTable({ digest }: Descriptor): BlobberError {
  return new BlobberError(
    "invalid-option",
    `no receipt can be made: the layer ${digest} has no table of contents that can be read ` +
      "alone, expected one in each",
    { hint: "check the directory against the registry, which reads such a layer whole" },
  );
}
