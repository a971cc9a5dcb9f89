/**
 * What changes a layout: blobs and manifests that come, tags that are set and taken away, manifests that go. The
 * index is rewritten, and blobs are put into their place, under one lock.
 *
 * @module
 */

import { contentsOf } from "../../artifact/contents.ts";
import { parseDocument } from "../../artifact/manifest.ts";
import { tagMoved, tagTaken } from "../../artifact/tag_taken.ts";
import { checkGiven } from "../../checked_content.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type {
  BlobWriter,
  CallOptions,
  Freed,
  RemoveManifestOptions,
  SetTagOptions,
  UntagOptions,
} from "../../store.ts";
import { type Held, withLock } from "../../system/file_lock.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor } from "../../types.ts";
import { hasContent } from "./blob_reader.ts";
import { LayoutBlobWriter } from "./blob_writer.ts";
import { IndexFile } from "./index_file.ts";
import type { LayoutDirectory, LayoutOpener } from "./layout_opener.ts";
import { findNamed, listedAs } from "./listed.ts";
import { LayoutRemoval } from "./removal.ts";

/** Changes one layout. */
export class LayoutChanges {
  readonly #layouts: LayoutOpener;
  readonly #removal: LayoutRemoval;
  /** Blobs that were found for a manifest that is still to come, and were not written again for that. */
  readonly #found = new Map<Digest, Descriptor>();

  /** @param layouts opens the layout */
  constructor(layouts: LayoutOpener) {
    this.#layouts = layouts;
    this.#removal = new LayoutRemoval(layouts.name);
  }

  /** Starts a blob. */
  begin(options: CallOptions): BlobWriter {
    return new LayoutBlobWriter(this.#layouts.make(), options);
  }

  /** Notes that a blob was found, which the next manifest may name. */
  found(blob: Descriptor): void {
    this.#found.set(blob.digest, blob);
  }

  /** As `put` of a store. */
  async put(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions): Promise<void> {
    const { mediaType, digest, size } = descriptor;
    checkGiven(bytes, descriptor, this.#layouts.name);
    const document = parseDocument({ mediaType, digest, size }, bytes);
    const writer = new LayoutBlobWriter(this.#layouts.make(), options);
    try {
      await writer.write(bytes);
      const place = writer.seal(descriptor);
      const names = contentsOf(document.value);
      await this.#update(options, (_, index) => {
        this.#demandFound(names);
        place();
        index.add(listedAs(document));
      });
      for (const one of names) this.#found.delete(one.digest);
    } finally {
      await writer.abort();
    }
  }

  /** As `tag` of a store. */
  async tag(tag: string, { digest }: Descriptor, options: SetTagOptions): Promise<void> {
    const { name } = this.#layouts;
    this.#demandLayout();
    await this.#update(options, (layout, index) => {
      const { mediaType, size } = findNamed(layout, digest, { index, name });
      const now = index.tagged(tag)?.digest;
      if (options.ifAbsent && now !== undefined && now !== digest) {
        throw tagTaken(tag, now, { name });
      }
      index.tag(tag, { mediaType, digest, size });
    });
  }

  /** As `untag` of a store. */
  async untag(tag: string, { expect, signal }: UntagOptions): Promise<boolean> {
    const { name } = this.#layouts;
    this.#demandLayout();
    await this.#update({ signal }, (_, index) => {
      const now = index.tagged(tag)?.digest;
      if (now === undefined) {
        throw new BlobberError("not-found", `tag ${quote(tag)} not found in ${name}`);
      }
      if (expect !== undefined && now !== expect) {
        throw tagMoved(tag, { now, expected: expect }, { name });
      }
      index.untag(tag);
    });
    return true;
  }

  /** As `remove` of a store. */
  async remove(target: Descriptor, options: RemoveManifestOptions): Promise<Freed> {
    this.#demandLayout();
    return await this.#locked(options, async (layout) => {
      await this.#removal.learn(layout, options.signal);
      return (held) => this.#removal.remove(layout, target, { ...options, held });
    });
  }

  /** What is no layout is not made one. */
  #demandLayout(): void {
    this.#layouts.reading(() => {});
  }

  /** Demands that blobs which were found are still there: another process may have let go of them. */
  #demandFound(names: readonly Descriptor[]): void {
    for (const { digest } of names) {
      const blob = this.#found.get(digest);
      if (blob === undefined || hasContent(this.#layouts, blob)) continue;
      this.#found.delete(digest);
      throw new BlobberError(
        "conflict",
        `${digest} was removed from ${this.#layouts.name} before a manifest with it was written`,
        { hint: "another process removed an artifact that had it too: try again" },
      );
    }
  }

  async #update(
    options: CallOptions,
    change: (layout: LayoutDirectory, index: IndexFile) => void,
  ): Promise<void> {
    await this.#locked(options, (layout) =>
      Promise.resolve((held: Held) => {
        const index = IndexFile.read(layout.index);
        change(layout, index);
        index.write(held);
      }));
  }

  /** Changes the layout under the lock of its index, after what can be prepared without it. */
  async #locked<T>(
    { signal }: CallOptions,
    prepare: (layout: LayoutDirectory) => Promise<(held: Held) => T>,
  ): Promise<T> {
    const layout = this.#layouts.make();
    try {
      return await withLock(layout.lock, await prepare(layout), { signal });
    } finally {
      layout.close();
    }
  }
}
