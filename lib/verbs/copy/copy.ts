/**
 * From one store to another: an artifact with everything below it and everything that refers to it.
 *
 * @module
 */

import type { Observer } from "../../events.ts";
import type { CopyResult } from "../../results.ts";
import type { CallOptions, Source, Store } from "../../store.ts";
import { JointWork } from "../../system/work/joint_work.ts";
import type { Descriptor } from "../../types.ts";
import { BlobCarrier } from "./bring_blobs.ts";
import { type AnyDocument, DocumentCarrier } from "./carry_documents.ts";
import { ReferrerFollower } from "./follow_referrers.ts";

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

/**
 * Copies an artifact. Blobs go first, then what lists them, then what refers to it, and its tags last, so
 * that no tag ever points at something incomplete or without its signatures. What does not wait for each other
 * goes side by side; the first failure stops all of it.
 *
 * @param source where it is
 * @param target where to
 * @param root the artifact, resolved and checked: its digest decides, whatever its tag does meanwhile
 */
export async function copy(
  source: Source,
  target: Store,
  root: AnyDocument,
  options: CopyGraphOptions = {},
): Promise<CopyResult> {
  const { referrers = true, tags = [], ifAbsent, there, onNotice, signal } = options;
  const { mediaType, digest, size } = root.descriptor;
  const count = new ByteCount(options);
  const way = { source, target };
  return await JointWork.run(signal, async (work) => {
    const blobs = new BlobCarrier(
      way,
      work,
      { onNotice, onBytes: (bytes) => count.did(bytes) },
      there?.blobs,
    );
    const documents = new DocumentCarrier(way, {
      work,
      blobs,
      expect: (blobs) => count.expect(blobs),
      there: there?.documents ?? new Set(),
    });
    const follower = new ReferrerFollower(source, documents, { onNotice, signal: work.signal });
    await documents.carry(root);
    const beside = referrers ? await follower.beside() : [];
    if (referrers) await follower.referrers();
    const call: CallOptions = { signal: work.signal };
    for (const { tag, descriptor } of beside) {
      await target.tag(tag, descriptor, { ...call, ifAbsent });
    }
    for (const tag of tags) {
      await target.tag(tag, { mediaType, digest, size }, { ...call, ifAbsent });
    }
    for (const one of documents.begun.keys()) there?.documents.add(one);
    count.report(true);
    const { bytes, ...brought } = blobs.brought;
    return {
      digest,
      mediaType,
      size,
      blobs: brought,
      bytes,
      referrers: follower.found.size,
      tags: [...tags],
    };
  });
}

/** How much of all blobs is there. */
class ByteCount {
  readonly #observer: Observer;
  readonly #expected = new Set<string>();
  #total = 0;
  #done = 0;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Counts blobs that will be there, each once. */
  expect(blobs: readonly Descriptor[]): void {
    for (const { digest, size } of blobs) {
      if (this.#expected.has(digest)) continue;
      this.#expected.add(digest);
      this.#total += size;
    }
  }

  did(bytes: number): void {
    this.#done += bytes;
    this.report();
  }

  report(finished = false): void {
    this.#observer.onProgress?.({
      phase: "copy",
      done: this.#done,
      total: this.#total,
      unit: "bytes",
      finished,
    });
  }
}
