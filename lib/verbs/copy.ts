/**
 * From one store to another: an artifact with everything below it and everything that refers to it.
 *
 * @module
 */

import { cosignTagsOf, type Tagged } from "../artifact/cosign_tags.ts";
import { andLetGo } from "../caller_errors.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import { notify, type Observer } from "../events.ts";
import {
  COPY_STREAMS,
  MAX_COPIED_REFERRERS,
  MAX_INDEX_DEPTH,
  MAX_REFERRER_DEPTH,
} from "../limits.ts";
import { inLanes } from "../system/lanes.ts";
import { isDocumentType, readDocument } from "../artifact/manifest.ts";
import type { CopyResult } from "../results.ts";
import type { CallOptions, Source, Store, Target } from "../store.ts";
import type { Descriptor, Document, Index, Manifest } from "../types.ts";
import { CheckedReader } from "../checked_content.ts";

/** Options of {@linkcode copy}. */
export interface CopyGraphOptions extends Observer {
  /** Also copy what refers to the artifact. @default true */
  referrers?: boolean | undefined;
  /** Tags set when everything else is there. @default [] */
  tags?: string[] | undefined;
  /** Refuse to move a tag that exists. @default false */
  ifAbsent?: boolean | undefined;
  /** What earlier copies into the same target left there, and what this one adds to it. @default nothing */
  there?: CopiedBefore | undefined;
}

/** What copies into one target have left there: it need not be asked for, and not be sent. */
export class CopiedBefore {
  /** Digests of blobs. */
  readonly blobs: Set<string> = new Set();
  /** Digests of manifests and indexes, each with all that is below it and refers to it. */
  readonly documents: Set<string> = new Set();
}

/** Bytes of manifests that are read before the first of them is copied: those of hundreds of platforms. */
const AHEAD_BYTES = 4 * 1024 * 1024;
/** Bytes that one stream reads at once. */
const BUFFER = 256 * 1024;

/**
 * Copies an artifact. Blobs go first, then what lists them, then what refers to it, and its tags last, so
 * that no tag ever points at something incomplete or without its signatures.
 *
 * @param source where it is
 * @param target where to
 * @param root the artifact, resolved and checked: its digest decides, whatever its tag does meanwhile
 */
export async function copy(
  source: Source,
  target: Store,
  root: Document<Manifest | Index>,
  options: CopyGraphOptions = {},
): Promise<CopyResult> {
  const { referrers = true, tags = [], ifAbsent } = options;
  const { mediaType, digest, size } = root.descriptor;
  const run = new Copy(source, target, options);
  await run.document(root, 0);
  const beside = referrers ? await run.beside() : [];
  if (referrers) await run.referrers(0);
  const call: CallOptions = { signal: options.signal };
  for (const { tag, descriptor } of beside) {
    await target.tag(tag, descriptor, { ...call, ifAbsent });
  }
  for (const tag of tags) {
    await target.tag(tag, { mediaType, digest, size }, { ...call, ifAbsent });
  }
  run.end();
  return {
    digest,
    mediaType,
    size,
    blobs: run.blobs,
    bytes: run.bytes,
    referrers: run.found.size,
    tags: [...tags],
  };
}

function blobsOf({ config, layers }: Manifest): Descriptor[] {
  return [config, ...layers];
}

class Copy {
  readonly blobs = { copied: 0, mounted: 0, present: 0 };
  bytes = 0;
  /** Referrers that went along. */
  readonly found = new Set<string>();
  readonly #source: Source;
  readonly #target: Target;
  readonly #options: CopyGraphOptions;
  readonly #call: CallOptions;
  /** Every document copied, so that each is once and each one's referrers are looked for. */
  readonly #documents = new Map<string, Descriptor>();
  readonly #seen = new Set<string>();
  readonly #counted = new Set<string>();
  #total = 0;
  #done = 0;

  constructor(source: Source, target: Target, options: CopyGraphOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#call = { signal: options.signal };
  }

  /** All is there: later copies of the same need not look. */
  end(): void {
    for (const digest of this.#documents.keys()) this.#options.there?.documents.add(digest);
    this.report(true);
  }

  report(finished = false): void {
    this.#options.onProgress?.({
      phase: "copy",
      done: this.#done,
      total: this.#total,
      unit: "bytes",
      finished,
    });
  }

  /** A manifest or index, after everything below it. */
  async document(document: Document<Manifest | Index>, depth: number): Promise<void> {
    const { descriptor, value } = document;
    if (this.#documents.has(descriptor.digest)) return;
    if (this.#options.there?.documents.has(descriptor.digest)) return;
    this.#documents.set(descriptor.digest, descriptor);
    if ("manifests" in value) {
      if (depth >= MAX_INDEX_DEPTH) {
        throw new BlobberError(
          "limit",
          `index ${descriptor.digest} of ${this.#source.name} is nested too deeply, ` +
            `expected at most ${MAX_INDEX_DEPTH} levels`,
        );
      }
      const [children, blobs] = [[], []] as [Descriptor[], Descriptor[]];
      for (const child of value.manifests) {
        (isDocumentType(child.mediaType) ? children : blobs).push(child);
      }
      const ahead = await this.#readAhead(children);
      await this.#all(blobs);
      for (const child of children) {
        const read = ahead.get(child.digest) ??
          await readDocument(this.#source, child, this.#call);
        ahead.delete(child.digest);
        await this.document(read, depth + 1);
      }
    } else {
      await this.#all(blobsOf(value));
    }
    const { mediaType, digest, size } = descriptor;
    await this.#target.put({ mediaType, digest, size }, document.bytes, this.#call);
  }

  /** The manifests of an index, as far as they are small together: so it is known early how much there is. */
  async #readAhead(
    children: readonly Descriptor[],
  ): Promise<Map<string, Document<Manifest | Index>>> {
    const read = new Map<string, Document<Manifest | Index>>();
    let bytes = 0;
    for (const child of children) {
      bytes += child.size;
      if (bytes > AHEAD_BYTES) break;
      const document = await readDocument(this.#source, child, this.#call);
      read.set(child.digest, document);
      if (!("manifests" in document.value)) this.#count(blobsOf(document.value));
    }
    return read;
  }

  /**
   * What cosign keeps under tags beside what was copied so far. Their manifests are copied, the tags are left
   * to the caller: they are set when everything else is there.
   */
  async beside(): Promise<Tagged[]> {
    const copied: Tagged[] = [];
    for (const subject of [...this.#documents.values()]) {
      for (const one of await cosignTagsOf(this.#source, subject.digest, this.#call)) {
        const document = await this.#referrer(one.descriptor, subject);
        if (document === undefined) continue;
        await this.document(document, 0);
        this.found.add(one.descriptor.digest);
        copied.push({ tag: one.tag, descriptor: document.descriptor });
      }
    }
    return copied;
  }

  /** What refers to anything copied so far, and what refers to that. */
  async referrers(depth: number): Promise<void> {
    const subjects = [...this.#documents.values()].filter((one) => !this.#seen.has(one.digest));
    if (subjects.length === 0) return;
    for (const subject of subjects) {
      this.#seen.add(subject.digest);
      for await (const one of this.#source.referrers(subject, this.#call)) {
        if (this.#documents.has(one.digest)) continue;
        if (depth >= MAX_REFERRER_DEPTH || this.found.size >= MAX_COPIED_REFERRERS) {
          throw new BlobberError(
            "limit",
            `too many referrers of ${subject.digest} in ${this.#source.name}, expected at most ` +
              `${MAX_COPIED_REFERRERS} in ${MAX_REFERRER_DEPTH} generations`,
            { hint: "copy without referrers" },
          );
        }
        const document = await this.#referrer(one, subject);
        if (document === undefined) continue;
        if (document.value.subject?.digest !== subject.digest) {
          notify(this.#options, {
            level: "warning",
            code: "false-referrer",
            message:
              `${one.digest} is listed as a referrer of ${subject.digest} and is none: not copied`,
          });
          continue;
        }
        await this.document(document, 0);
        this.found.add(one.digest);
      }
    }
    await this.referrers(depth + 1);
  }

  /** Reads a referrer. One that is listed and cannot be had or understood keeps no other from going along. */
  async #referrer(
    one: Descriptor,
    subject: Descriptor,
  ): Promise<Document<Manifest | Index> | undefined> {
    try {
      return await readDocument(this.#source, one, this.#call);
    } catch (error) {
      if (!isBlobberError(error, "not-found", "invalid-manifest")) throw error;
      notify(this.#options, {
        level: "warning",
        code: "broken-referrer",
        message: `${one.digest} is listed as a referrer of ${subject.digest} and is not copied: ` +
          error.message,
      });
      return undefined;
    }
  }

  /** Blobs, a few at a time, each once. The first failure stops the others. */
  async #all(blobs: Descriptor[]): Promise<void> {
    const queue = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()]
      .filter((blob) => !this.#seen.has(`blob ${blob.digest}`));
    this.#count(queue);
    for (const blob of queue) this.#seen.add(`blob ${blob.digest}`);
    const how = { lanes: COPY_STREAMS, signal: this.#options.signal };
    await inLanes(queue, how, (blob, signal) => this.#blob(blob, { signal }));
  }

  /** Counts blobs that will be copied, each once. */
  #count(blobs: readonly Descriptor[]): void {
    for (const { digest, size } of blobs) {
      if (this.#counted.has(digest)) continue;
      this.#counted.add(digest);
      this.#total += size;
    }
  }

  async #blob(blob: Descriptor, call: CallOptions): Promise<void> {
    const { mediaType, digest, size } = blob;
    const target = { mediaType, digest, size };
    const before = this.#options.there?.blobs;
    if (before?.has(digest) || await this.#target.has(target, call)) {
      this.blobs.present++;
      this.#done += size;
    } else if (await this.#target.mount?.(target, this.#source, call)) {
      this.blobs.mounted++;
      this.#done += size;
    } else {
      await this.#send(blob, call);
      this.blobs.copied++;
      this.bytes += size;
    }
    before?.add(digest);
    this.report();
  }

  async #send(blob: Descriptor, call: CallOptions): Promise<void> {
    const reader = new CheckedReader(await this.#source.fetch(blob, call), {
      size: blob.size,
      digest: blob.digest,
      name: `blob ${blob.digest} of ${this.#source.name}`,
    });
    try {
      const writer = await this.#target.begin(blob.mediaType, call);
      await andLetGo(async () => {
        let scratch = new ArrayBuffer(BUFFER);
        for (;;) {
          const bytes = await reader.read(scratch);
          if (bytes === undefined) break;
          await writer.write(bytes);
          this.#done += bytes.length;
          this.report();
          scratch = bytes.buffer;
        }
        await writer.commit(blob);
      }, () => writer.abort());
    } finally {
      await reader.cancel();
    }
  }
}
