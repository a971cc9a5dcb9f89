/**
 * What goes along with documents that are copied: what refers to them, generation by generation, and what cosign
 * keeps under tags that are made of their digests.
 *
 * @module
 */

import { cosignTagsOf, type Tagged } from "../../artifact/cosign_tags.ts";
import { readDocument } from "../../artifact/manifest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { COPY_ASKS, MAX_COPIED_REFERRERS, MAX_REFERRER_DEPTH } from "../../limits.ts";
import type { Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { Descriptor } from "../../types.ts";
import type { AnyDocument, DocumentCarrier } from "./carry_documents.ts";

/** Subjects whose tags of cosign are asked for at once: each is asked for three. */
const BESIDE_LANES = COPY_ASKS / 2;

/** Follows what refers to the documents of one copy. */
export class ReferrerFollower {
  /** Referrers that went along. */
  readonly found = new Set<string>();
  readonly #source: Source;
  readonly #documents: DocumentCarrier;
  readonly #observer: Pick<Observer, "onNotice"> & { signal: AbortSignal };
  /** Documents whose referrers were looked for. */
  readonly #seen = new Set<string>();

  /**
   * @param source where they are
   * @param documents what is copied, and copies more
   */
  constructor(
    source: Source,
    documents: DocumentCarrier,
    observer: Pick<Observer, "onNotice"> & { signal: AbortSignal },
  ) {
    this.#source = source;
    this.#documents = documents;
    this.#observer = observer;
  }

  /**
   * What cosign keeps under tags beside what was copied so far. Their manifests are copied, the tags are left
   * to the caller: they are set when everything else is there.
   */
  async beside(): Promise<Tagged[]> {
    const { signal } = this.#observer;
    const subjects = this.#copied();
    const found: Tagged[][] = [];
    await inLanes(subjects.entries(), { lanes: BESIDE_LANES, signal }, async ([i, one], signal) => {
      found[i] = await cosignTagsOf(this.#source, one.digest, { signal });
    });
    const along = found.flatMap((tagged, i) =>
      tagged.map((one) => ({ ...one, subject: subjects[i]!, isBroken: false }))
    );
    for (const one of along) {
      await this.#documents.begin(one.descriptor, async (descriptor) => {
        const document = await this.#read(descriptor, one.subject);
        one.isBroken = document === undefined;
        return document;
      });
    }
    await this.#documents.there();
    const copied = along.filter(({ isBroken }) => !isBroken);
    for (const { descriptor } of copied) this.found.add(descriptor.digest);
    return copied;
  }

  /** What refers to anything copied so far, and what refers to that. */
  async referrers(): Promise<void> {
    for (let depth = 0;; depth++) {
      const subjects = this.#copied().filter(({ digest }) => !this.#seen.has(digest));
      if (subjects.length === 0) return;
      for (const { digest } of subjects) this.#seen.add(digest);
      const how = { lanes: COPY_ASKS, signal: this.#observer.signal };
      await inLanes(subjects, how, async (subject, signal) => {
        for await (const one of this.#source.referrers(subject, { signal })) {
          if (this.#documents.begun.has(one.digest)) continue;
          if (depth >= MAX_REFERRER_DEPTH) throw this.#tooMany(subject);
          await this.#documents.begin(one, (descriptor) => this.#referrer(descriptor, subject));
        }
      });
      await this.#documents.there();
    }
  }

  #copied(): Descriptor[] {
    return [...this.#documents.begun.values()];
  }

  /** Reads what is listed as a referrer. What refers to something else stays behind. */
  async #referrer(one: Descriptor, subject: Descriptor): Promise<AnyDocument | undefined> {
    const document = await this.#read(one, subject);
    if (document === undefined) return undefined;
    // Listed for two, it may be read for the one that it does not refer to.
    const stated = document.value.subject?.digest;
    if (stated === undefined || !this.#seen.has(stated)) {
      notify(this.#observer, {
        level: "warning",
        code: "false-referrer",
        message:
          `${one.digest} is listed as a referrer of ${subject.digest} and is none: not copied`,
      });
      return undefined;
    }
    if (this.found.size >= MAX_COPIED_REFERRERS) throw this.#tooMany(subject);
    this.found.add(one.digest);
    return document;
  }

  /** Reads a referrer. One that is listed and cannot be had or understood keeps no other from going along. */
  async #read(one: Descriptor, subject: Descriptor): Promise<AnyDocument | undefined> {
    try {
      return await readDocument(this.#source, one, { signal: this.#observer.signal });
    } catch (error) {
      if (!isBlobberError(error, "not-found", "invalid-manifest")) throw error;
      notify(this.#observer, {
        level: "warning",
        code: "broken-referrer",
        message: `${one.digest} is listed as a referrer of ${subject.digest} and is not copied: ` +
          error.message,
      });
      return undefined;
    }
  }

  #tooMany(subject: Descriptor): BlobberError {
    return new BlobberError(
      "limit",
      `too many referrers of ${subject.digest} in ${this.#source.name}, expected at most ` +
        `${MAX_COPIED_REFERRERS} in ${MAX_REFERRER_DEPTH} generations`,
      { hint: "copy without referrers" },
    );
  }
}
